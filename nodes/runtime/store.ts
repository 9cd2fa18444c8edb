import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type {
  ICredentialDataDecryptedObject,
  ICredentialTestFunctions,
  INodeCredentialTestResult,
} from 'n8n-workflow';
import { StoreError, toSyncError } from '../../shared/errors';
import {
  DEFAULT_SCHEMA,
  inspectPostgres,
  sharedStore,
  type OpenStore,
  type StoreLocation,
} from '../../shared/store';
import { systemRandom } from '../../shared/system';
import { auditKey } from './auditKey';
import type { NodeContext } from './context';
import { nodeLogger } from './logger';
import { chooseStore, fromCredential } from './storeChoice';
import { STORE_CREDENTIAL, STORE_PARAMETER } from './storeParameter';

/** The store of a node; one per process, whichever node asks. Whoever opens it closes it. */
export async function openNodeStore(context: NodeContext): Promise<OpenStore> {
  const credential = usesCredential(context) ? await context.getCredentials(STORE_CREDENTIAL) : null;
  const warn = (message: string) => nodeLogger(context.logger).warn(`Accounting Sync store: ${message}`);
  return await sharedStore({
    ...storeLocation(credential),
    random: systemRandom,
    auditKey: auditKey(n8nFolder()),
    warn,
  });
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

/** Where the store of this n8n is, or the one that a credential describes. */
export const storeLocation = (credential: ICredentialDataDecryptedObject | null = null): StoreLocation =>
  chooseStore(
    { env: process.env, home: n8nFolder(), readFile: (path) => readFileSync(path, 'utf8') },
    credential,
  );

/** Says whether the store of a credential could be opened, and what that would make; makes nothing. */
export async function testStore(
  this: ICredentialTestFunctions,
  credential: { data?: ICredentialDataDecryptedObject },
): Promise<INodeCredentialTestResult> {
  try {
    const options = fromCredential(credential.data ?? {});
    const { schema = DEFAULT_SCHEMA, database } = options;
    const message = {
      ready: 'The store is there and ready',
      empty: `Connected. The first node that uses it creates the tables in schema ${schema} of ${database}`,
      missing: `Connected. The first node that uses it creates schema ${schema} in ${database}`,
    }[await inspectPostgres(options)];
    return { status: 'OK', message };
  } catch (error) {
    const { message, details } = toSyncError(error);
    return { status: 'Error', message: [message, details.nextStep].filter(Boolean).join('. ') };
  }
}

/** n8n's own data folder. */
export function n8nFolder(): string {
  return join(process.env['N8N_USER_FOLDER'] || homedir(), '.n8n');
}

/**
 * Only where the node says so. A credential that is left over in a node that says otherwise is not looked at, and
 * the parameter takes no expression.
 */
function usesCredential(context: NodeContext): boolean {
  const chosen = context.getNode().parameters[STORE_PARAMETER] ?? 'automatic';
  if (chosen === 'postgres' || chosen === 'automatic') return chosen === 'postgres';
  throw new StoreError('The node does not say which store it uses', {
    nextStep: 'Choose under Store in the node.',
  });
}
