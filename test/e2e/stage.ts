import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseStore } from '../../nodes/runtime/storeChoice';
import { STORE_CREDENTIAL, STORE_PARAMETER } from '../../nodes/runtime/storeParameter';
import type { AppRecord, Connection, Link } from '../../shared/ports';
import { openStore, type OpenStore, type StoreLocation } from '../../shared/store';
import { systemRandom } from '../../shared/system';
import {
  startQuickBooksSimulator,
  type QuickBooksControl,
  type QuickBooksDescriptor,
} from '../simulators/quickbooks';
import { N8nApi, type Credential, type Workflow } from './host/api';
import { itemsOf, type Execution } from './host/execution';
import { startN8n, type N8nInstance } from './host/instance';
import type { WebhookAnswer } from './host/webhookCall';
import type { CredentialRef, ImportChoices, WorkflowJson } from './host/workflowImport';

const root = resolve(__dirname, '..', '..');
const PACK = 'n8n-nodes-accounting-sync.';
const SYNC = `${PACK}accountingSync`;
export const QUICKBOOKS_CREDENTIAL = 'accountingSyncQuickBooksOAuth2Api';
export { STORE_CREDENTIAL };
/** Where the trigger of the template listens. */
const WEBHOOK_PATH = 'quickbooks-accounting';
export const APP_EDITS_PATH = 'app-edits';
/** The header by which n8n knows the app. */
export const APP_KEY = { name: 'X-App-Key', value: 'app-key-4f9d1c7e2b' } as const;
const OUTPUTS = { synced: 0, conflict: 1, failed: 2 } as const;
/** How many of either a diagnosis shows. */
const [LAST_EVENTS, LAST_LINES] = [10, 20];

/** As much of a QuickBooks record as the tests look at. */
export interface QuickBooksRecord {
  Id: string;
  DueDate?: string;
  CustomerRef?: { value: string };
  CustomerMemo?: { value: string };
  [member: string]: unknown;
}

/** Chosen credentials, by credential type. */
export type Credentials = Readonly<Record<string, CredentialRef>>;

export type Log = (line: string) => void;

export interface StageOptions {
  log?: Log;
  /** n8n's port; 0 picks a free one. */
  port?: number;
  /** Holds everything n8n keeps; a temporary folder, removed at the end, when absent. */
  userFolder?: string;
  /** The fields of an Accounting Sync Store credential, chosen on every node; without, the store chooses itself. */
  store?: Readonly<Record<string, string | number>>;
  /** Set for n8n, over what the harness sets. */
  env?: Readonly<Record<string, string>>;
}

/** A running n8n with the pack and its templates, connected to a running QuickBooks simulator. */
export class Stage {
  private constructor(
    readonly n8n: N8nInstance,
    public api: N8nApi,
    readonly quickBooks: QuickBooksControl,
    readonly descriptor: QuickBooksDescriptor,
    readonly credential: Credential,
    /** What every node of ours is given: the above, and the store's where there is one. */
    readonly credentials: Credentials,
    readonly workflows: { setup: Workflow; sync: Workflow; edits: Workflow },
    private readonly location: StoreLocation,
    private readonly closing: () => Promise<void>,
  ) {}

  #store: OpenStore | null = null;

  /** Starts both, signs in, connects the credential by a real code flow, imports and publishes the templates. */
  static async open(options: StageOptions = {}): Promise<Stage> {
    const { log = () => {}, port = 0, userFolder, store, env = {} } = options;
    if (!existsSync(join(root, 'dist', 'package.json'))) {
      throw new Error('The pack is not built: run npm run build first.');
    }
    const simulator = await startQuickBooksSimulator({ port: 0, seed: 1 });
    log(`QuickBooks simulator: ${simulator.descriptor.baseUrl}`);
    const folder = userFolder ?? mkdtempSync(join(tmpdir(), 'accounting-sync-n8n-'));
    mkdirSync(folder, { recursive: true });
    const n8n = await startN8n({ userFolder: folder, port, packageDir: root, env, log });
    const close = async () => {
      await n8n.stop();
      await simulator.close();
      if (userFolder === undefined) rmSync(folder, { recursive: true, force: true });
    };
    try {
      const api = await N8nApi.connect(n8n.url);
      const credential = await createQuickBooksCredential(
        api,
        simulator.descriptor,
        'QuickBooks (simulator)',
      );
      await api.connectOAuth2(credential.id);
      log('Credential connected by an OAuth2 code flow');
      const credentials: Credentials = {
        [QUICKBOOKS_CREDENTIAL]: credential,
        httpHeaderAuth: await api.createCredential({
          name: 'App',
          type: 'httpHeaderAuth',
          data: APP_KEY,
        }),
        ...(store && {
          [STORE_CREDENTIAL]: await api.createCredential({
            name: 'Store',
            type: STORE_CREDENTIAL,
            data: store,
          }),
        }),
      };
      const setup = await api.importWorkflow(withStore(setupWorkflow(), credentials), { credentials });
      const sync = await api.importWorkflow(withStore(template('webhook-sync.json'), credentials), {
        credentials,
      });
      const edits = await api.importWorkflow(withStore(template('app-edits.json'), credentials), {
        credentials,
      });
      const stage = new Stage(
        n8n,
        api,
        simulator.control,
        simulator.descriptor,
        credential,
        credentials,
        { setup, sync, edits },
        chooseStore(
          { env, home: join(n8n.userFolder, '.n8n'), readFile: (path) => readFileSync(path, 'utf8') },
          store ?? null,
        ),
        close,
      );
      await stage.runSetup('Create Connection');
      log('Connection created');
      return stage;
    } catch (error) {
      const lines = n8n.logs(LAST_LINES);
      await close();
      throw new Error(`The stage did not open: ${String(error)}\n${lines}`, { cause: error });
    }
  }

  /** Runs the first import in n8n; one item per entity. */
  async firstImport(): Promise<Record<string, unknown>[]> {
    return this.runSetup('Import');
  }

  /** Publishes the templates and points the company's webhooks at the trigger. */
  async goLive(): Promise<void> {
    await this.api.activate(this.workflows.sync.id);
    await this.api.activate(this.workflows.edits.id);
    this.listen();
  }

  /** Webhooks on: CloudEvents unless told otherwise. */
  listen(options: Partial<Parameters<QuickBooksControl['setWebhooks']>[0]> = {}): void {
    this.quickBooks.setWebhooks({ url: this.webhookUrl, windowMs: 20, ...options });
  }

  /** Webhooks off: what happens in QuickBooks is not told. */
  mute(): void {
    this.quickBooks.removeWebhooks();
  }

  get webhookUrl(): string {
    return `${this.n8n.url}/webhook/${WEBHOOK_PATH}`;
  }

  /** An app posts its edit, as any app would. */
  async appEdit(entity: string, id: string | undefined, fields: object): Promise<WebhookAnswer> {
    return this.postEdit({ entity, ...(id ? { id } : {}), fields });
  }

  /** Any body, to any of the addresses that take edits; with the key of the app unless told otherwise. */
  async postEdit(
    body: unknown,
    {
      path = APP_EDITS_PATH,
      headers = { [APP_KEY.name]: APP_KEY.value },
    }: { path?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<WebhookAnswer> {
    return this.api.callWebhook(path, { body, headers });
  }

  /** The store that n8n uses, read from outside. */
  async store(): Promise<OpenStore> {
    return (this.#store ??= await openStore({ ...this.location, random: systemRandom }));
  }

  /** As it stands now; the first company's unless told. */
  async connection(realmId = this.descriptor.tenantId): Promise<Connection> {
    const all = await (await this.store()).connections.list();
    const connection = all.find(({ tenantId }) => tenantId === realmId);
    if (!connection) throw new Error('There is no connection');
    return connection;
  }

  async appRecord(entity: string, id: string): Promise<AppRecord | null> {
    return (await this.store()).appRecords.get((await this.connection()).id, entity, id);
  }

  async linkOf(entity: string, side: 'app' | 'ledger', id: string): Promise<Link | undefined> {
    const links = await (await this.store()).links.bySide((await this.connection()).id, entity, side, [id]);
    return links.get(id);
  }

  /** A record as it stands in QuickBooks. */
  inQuickBooks(entity: string, id: string): QuickBooksRecord | undefined {
    return (this.quickBooks.records(entity) as QuickBooksRecord[]).find((record) => record['Id'] === id);
  }

  /** Until nothing is due or being worked on. */
  async quiet(timeoutMs = 60_000): Promise<void> {
    const store = await this.store();
    const { id } = await this.connection();
    await until('the queue is empty', timeoutMs, async () => {
      const { pending, waiting } = await store.queue.counts(id);
      return pending + waiting === 0;
    });
  }

  /** A credential for the simulator that nobody has connected yet. */
  async createCredential(name: string): Promise<Credential> {
    return createQuickBooksCredential(this.api, this.descriptor, name);
  }

  /** Saves the first company's credential again, as it was but for these fields; its tokens stay. */
  async changeCredential(fields: Readonly<Record<string, unknown>>): Promise<void> {
    const { id, name, type } = this.credential;
    const data = { ...quickBooksFields(this.descriptor), ...fields };
    await this.api.updateCredential(id, { name, type, data });
  }

  async importTemplate(name: string, choices: ImportChoices = {}): Promise<Workflow> {
    const all = { credentials: this.credentials, ...choices };
    return this.api.importWorkflow(withStore(template(name), all.credentials), all);
  }

  /** Executes one Accounting Sync node by hand, as a person does in the editor; its name is `Step`. */
  async runStep(parameters: object, credentials: Credentials = this.credentials): Promise<Execution> {
    const { id } = await this.api.importWorkflow(
      withStore(
        {
          name: 'One Step',
          nodes: [startNode('Start'), syncNode('Step', parameters)],
          connections: { Start: to('Step') },
        },
        credentials,
      ),
      { credentials },
    );
    try {
      return await this.api.runWorkflow(id, { trigger: 'Start', items: [{}], timeoutMs: 120_000 });
    } finally {
      await this.api.deleteWorkflow(id);
    }
  }

  /** The next item that the published sync workflow puts on an output after execution `afterId`. */
  async nextItem(output: keyof typeof OUTPUTS, afterId: string): Promise<Record<string, unknown>> {
    for (;;) {
      const execution = await this.api.waitForNextExecution(this.workflows.sync.id, afterId, 20_000);
      const [item] = itemsOf(execution, 'Process Due Events', { output: OUTPUTS[output] });
      if (item) return item as Record<string, unknown>;
      afterId = execution.id;
    }
  }

  /** The id of the newest execution of the published sync workflow; `0` before the first. */
  async newestExecution(): Promise<string> {
    return (await this.api.listExecutions({ workflowId: this.workflows.sync.id }))[0]?.id ?? '0';
  }

  /** What a person would look at first when something has gone wrong. Never throws. */
  async diagnose(): Promise<string> {
    const told = [`n8n: ${this.n8n.running ? 'runs' : 'is down'}, ${this.n8n.url}`];
    try {
      const store = await this.store();
      for (const { id, name, state, pausedReason, resumeAt } of await store.connections.list()) {
        const resting = resumeAt === null ? '' : `, rests until ${new Date(resumeAt).toISOString()}`;
        told.push(`connection ${name}: ${state}${pausedReason ? ` (${pausedReason})` : ''}${resting}`);
        told.push(`  queue ${JSON.stringify(await store.queue.counts(id))}`);
        const events = await store.queue.list({ connectionId: id, limit: 1_000 });
        for (const event of events.filter(({ lastError }) => lastError !== null).slice(0, LAST_EVENTS)) {
          const { entity, side, recordId, status, attempts, lastError } = event;
          const why = JSON.stringify(lastError);
          told.push(`  ${status} after ${attempts} attempts: ${entity} ${recordId} (${side}): ${why}`);
        }
      }
    } catch (error) {
      told.push(`the store cannot be read: ${String(error)}`);
    }
    return [...told, 'the last lines of n8n:', this.n8n.logs(LAST_LINES)].join('\n');
  }

  private async runSetup(branch: 'Create Connection' | 'Import'): Promise<Record<string, unknown>[]> {
    const execution = await this.api.runWorkflow(this.workflows.setup.id, {
      trigger: branch === 'Import' ? 'Start Import' : 'Start Connection',
      items: [{}],
      timeoutMs: 120_000,
    });
    if (execution.status !== 'success')
      throw new Error(`${branch}: ${JSON.stringify(execution.data.resultData.error)}`);
    return itemsOf(execution, branch) as Record<string, unknown>[];
  }

  async close(): Promise<void> {
    await this.#store?.close();
    await this.closing();
  }
}

/**
 * A test that tells, where it fails, how the stage stood at that moment. For every test of a file:
 * `const told = tellingOf(() => stage)`, then `it('...', told(async () => { ... }))`.
 */
export const tellingOf =
  (stage: () => Stage | undefined) =>
  <Args extends unknown[]>(test: (...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    try {
      await test(...args);
    } catch (error) {
      process.stderr.write(`\n${(await stage()?.diagnose()) ?? 'The stage did not open.'}\n\n`);
      throw error;
    }
  };

/** Resolves when `check` holds; the description is for the person who reads why it did not. */
export async function until(
  description: string,
  timeoutMs: number,
  check: () => boolean | Promise<boolean>,
  everyMs = 5,
): Promise<number> {
  const start = performance.now();
  for (;;) {
    if (await check()) return performance.now() - start;
    if (performance.now() - start > timeoutMs) throw new Error(`Not within ${timeoutMs} ms: ${description}`);
    await sleep(everyMs);
  }
}

const createQuickBooksCredential = (
  api: N8nApi,
  descriptor: QuickBooksDescriptor,
  name: string,
): Promise<Credential> =>
  api.createCredential({ name, type: QUICKBOOKS_CREDENTIAL, data: quickBooksFields(descriptor) });

const quickBooksFields = (descriptor: QuickBooksDescriptor) => ({
  environment: 'custom',
  customApiBaseUrl: descriptor.baseUrl,
  customAuthUrl: descriptor.authorizeUrl,
  customAccessTokenUrl: descriptor.tokenUrl,
  clientId: descriptor.clientId,
  clientSecret: descriptor.clientSecret,
  webhookVerifierToken: descriptor.webhookSecret,
});

function template(name: string): WorkflowJson {
  return JSON.parse(readFileSync(join(root, 'templates', name), 'utf8')) as WorkflowJson;
}

/** Where a store credential is there to be used, every node of ours is told to. */
function withStore(workflow: WorkflowJson, credentials: Credentials): WorkflowJson {
  if (!(STORE_CREDENTIAL in credentials)) return workflow;
  const nodes = workflow.nodes.map((node) =>
    node.type.startsWith(PACK)
      ? { ...node, parameters: { ...node.parameters, [STORE_PARAMETER]: 'postgres' } }
      : node,
  );
  return { ...workflow, nodes };
}

const startNode = (name: string) => ({
  name,
  type: 'n8n-nodes-base.manualTrigger',
  typeVersion: 1,
  parameters: {},
});

const syncNode = (name: string, parameters: object) => ({
  name,
  type: SYNC,
  typeVersion: 1,
  parameters: parameters as never,
});

const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });

/** What a person does once in the editor: create the connection, run the first import. */
function setupWorkflow(): WorkflowJson {
  return {
    name: 'Set Up',
    nodes: [
      startNode('Start Connection'),
      syncNode('Create Connection', {
        resource: 'connection',
        operation: 'create',
        provider: 'quickbooks',
        name: 'Demo company',
      }),
      startNode('Start Import'),
      syncNode('Import', { resource: 'import', operation: 'run' }),
    ],
    connections: { 'Start Connection': to('Create Connection'), 'Start Import': to('Import') },
  };
}
