import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type {
  ICredentialDataDecryptedObject,
  ICredentialTestFunctions,
  INodeCredentialTestResult,
} from 'n8n-workflow';
import { StoreError, toSyncError } from '../../shared/errors';
import { openStore, sharedStore, type OpenStore, type StoreLocation } from '../../shared/store';
import { systemRandom } from '../../shared/system';
import { auditKey } from './auditKey';
import type { NodeContext } from './context';

export const STORE_CREDENTIAL = 'accountingSyncStoreApi';

/** As the nodes list it: without one, the embedded store is used. */
export const storeCredential = {
  name: STORE_CREDENTIAL,
  required: false,
  testedBy: 'accountingSyncStoreTest',
};

/** The store of a node; one per process, whichever node asks. Whoever opens it closes it. */
export async function openNodeStore(context: NodeContext): Promise<OpenStore> {
  const chosen = context.getNode().credentials?.[STORE_CREDENTIAL] !== undefined;
  const location = chosen ? locationOf(await context.getCredentials(STORE_CREDENTIAL)) : embedded('');
  return sharedStore({ ...location, random: systemRandom, auditKey: auditKey(n8nFolder()) });
}

/** Holds the store for as long as `use` runs. */
export async function withStore<T>(context: NodeContext, use: (store: OpenStore) => Promise<T>): Promise<T> {
  const store = await openNodeStore(context);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Opens the store that a credential describes and closes it again. */
export async function testStore(
  this: ICredentialTestFunctions,
  credential: { data?: ICredentialDataDecryptedObject },
): Promise<INodeCredentialTestResult> {
  try {
    const store = await openStore({ ...locationOf(credential.data ?? {}), random: systemRandom });
    await store.close();
    return { status: 'OK', message: 'The store is ready' };
  } catch (error) {
    const { message, details } = toSyncError(error);
    return { status: 'Error', message: [message, details.nextStep].filter(Boolean).join('. ') };
  }
}

/** n8n's own data folder. */
export function n8nFolder(): string {
  return join(process.env['N8N_USER_FOLDER'] || homedir(), '.n8n');
}

function embedded(path: string): StoreLocation {
  const file = path.trim() || join('accounting-sync', 'store.sqlite');
  return { kind: 'sqlite', path: isAbsolute(file) ? file : join(n8nFolder(), file) };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Where the store is, as the credential says. */
export function locationOf(data: ICredentialDataDecryptedObject): StoreLocation {
  if (data['kind'] !== 'postgres') return embedded(text(data['path']));
  const [host, database, user] = [text(data['host']), text(data['database']), text(data['user'])];
  if (!host || !database || !user) {
    throw new StoreError('The store credential lacks a host, a database or a user', {
      nextStep: 'Open the Accounting Sync Store credential and complete it.',
    });
  }
  const ssl = text(data['ssl']);
  return {
    kind: 'postgres',
    host,
    port: Number(data['port'] ?? 5432),
    database,
    user,
    password: text(data['password']),
    ...(ssl === 'on' ? { ssl: true } : {}),
    ...(ssl === 'unchecked' ? { ssl: { rejectUnauthorized: false } } : {}),
    ...(text(data['schema']) ? { schema: text(data['schema']) } : {}),
  };
}
