import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../../shared/ports';
import { storeLocation } from '../../../nodes/runtime/store';
import { closeSharedStores, sharedStore, type OpenStore } from '../../../shared/store';
import { QUICKBOOKS_HOSTS } from '../../../shared/providers/quickbooks';
import { systemRandom } from '../../../shared/system';
import { aBinding, aConnection } from '../../support/connection';

/** A data folder of n8n's for one test file, with the embedded store in it. */
export function useStoreFolder(): { open(): Promise<OpenStore> } {
  const folder = mkdtempSync(join(tmpdir(), 'nodes-'));
  const before = process.env['N8N_USER_FOLDER'];
  process.env['N8N_USER_FOLDER'] = folder;
  afterAll(async () => {
    await closeSharedStores();
    if (before === undefined) delete process.env['N8N_USER_FOLDER'];
    else process.env['N8N_USER_FOLDER'] = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return { open: () => sharedStore({ ...storeLocation(), random: systemRandom }) };
}

/** As the credentials of `fakeNode` reach it, in the sandbox. */
export const connectionOf = (
  id: string,
  tenantId: string,
  settings: Connection['settings'] = {},
): Connection =>
  aConnection(id, {
    name: `Company ${id}`,
    tenantId,
    settings,
    createdAt: 1,
    binding: aBinding({ credentialId: '1', baseUrl: QUICKBOOKS_HOSTS.sandbox }),
  });
