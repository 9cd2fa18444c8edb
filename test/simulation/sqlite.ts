import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../shared/ports';
import { openStore } from '../../shared/store';
import type { SeededRandom } from './random';

/** A SQLite file of its own, gone when it is closed. */
export async function openSqlite(random: SeededRandom): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'accounting-simulation-'));
  const store = await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random });
  const close = async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return Object.assign(Object.create(store) as Store, { close });
}
