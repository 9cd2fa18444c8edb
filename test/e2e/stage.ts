import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppRecord, Connection, Link } from '../../shared/ports';
import { openStore, type OpenStore } from '../../shared/store';
import { systemRandom } from '../../shared/system';
import {
  startQuickBooksSimulator,
  type QuickBooksControl,
  type QuickBooksDescriptor,
} from '../simulators/quickbooks';
import { N8nApi, type Credential, type Workflow } from './host/api';
import { itemsOf } from './host/execution';
import { startN8n, type N8nInstance } from './host/instance';
import type { WebhookAnswer } from './host/webhookCall';
import type { WorkflowJson } from './host/workflowImport';

const root = resolve(__dirname, '..', '..');
const SYNC = 'n8n-nodes-accounting-sync.accountingSync';
const QUICKBOOKS_CREDENTIAL = 'accountingSyncQuickBooksOAuth2Api';
/** Where the trigger of the template listens. */
const WEBHOOK_PATH = 'quickbooks-accounting';
const APP_EDITS_PATH = 'app-edits';

/** As much of a QuickBooks record as the tests look at. */
export interface QuickBooksRecord {
  Id: string;
  DueDate?: string;
  CustomerRef?: { value: string };
  CustomerMemo?: { value: string };
  [member: string]: unknown;
}

export type Log = (line: string) => void;

export interface StageOptions {
  log?: Log;
  /** n8n's port; 0 picks a free one. */
  port?: number;
  /** Holds everything n8n keeps; a new temporary folder when absent. */
  userFolder?: string;
}

/** A running n8n with the pack and its templates, connected to a running QuickBooks simulator. */
export class Stage {
  private constructor(
    readonly n8n: N8nInstance,
    public api: N8nApi,
    readonly quickBooks: QuickBooksControl,
    readonly descriptor: QuickBooksDescriptor,
    readonly credential: Credential,
    readonly workflows: { setup: Workflow; sync: Workflow; edits: Workflow },
    private readonly closing: () => Promise<void>,
  ) {}

  #store: OpenStore | null = null;
  #connection: Connection | null = null;

  /** Starts both, signs in, connects the credential by a real code flow, imports and publishes the templates. */
  static async open({ log = () => {}, port = 0, userFolder }: StageOptions = {}): Promise<Stage> {
    if (!existsSync(join(root, 'dist', 'package.json'))) {
      throw new Error('The pack is not built: run npm run build first.');
    }
    const simulator = await startQuickBooksSimulator({ port: 0, seed: 1 });
    log(`QuickBooks simulator: ${simulator.descriptor.baseUrl}`);
    const folder = userFolder ?? mkdtempSync(join(tmpdir(), 'accounting-sync-n8n-'));
    mkdirSync(folder, { recursive: true });
    const n8n = await startN8n({ userFolder: folder, port, packageDir: root, log });
    try {
      const api = await N8nApi.connect(n8n.url);
      const credential = await connectCredential(api, simulator.descriptor);
      log('Credential connected by an OAuth2 code flow');
      const credentials = { [QUICKBOOKS_CREDENTIAL]: credential };
      const setup = await api.importWorkflow(setupWorkflow(), { credentials });
      const sync = await api.importWorkflow(template('webhook-sync.json'), { credentials });
      const edits = await api.importWorkflow(template('app-edits.json'), { credentials });
      const stage = new Stage(
        n8n,
        api,
        simulator.control,
        simulator.descriptor,
        credential,
        { setup, sync, edits },
        async () => {
          await n8n.stop();
          await simulator.close();
        },
      );
      await stage.runSetup('Create Connection');
      log('Connection created');
      return stage;
    } catch (error) {
      await n8n.stop();
      await simulator.close();
      throw error;
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
    return this.api.callWebhook(APP_EDITS_PATH, {
      method: 'POST',
      body: { entity, ...(id ? { id } : {}), fields },
    });
  }

  /** The store that n8n uses, read from outside. */
  async store(): Promise<OpenStore> {
    const path = join(this.n8n.userFolder, '.n8n', 'accounting-sync', 'store.sqlite');
    return (this.#store ??= await openStore({ kind: 'sqlite', path, random: systemRandom }));
  }

  async connection(): Promise<Connection> {
    const [connection] = await (await this.store()).connections.list();
    if (!connection) throw new Error('There is no connection');
    return (this.#connection ??= connection);
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

async function connectCredential(api: N8nApi, descriptor: QuickBooksDescriptor): Promise<Credential> {
  const credential = await api.createCredential({
    name: 'QuickBooks (simulator)',
    type: QUICKBOOKS_CREDENTIAL,
    data: {
      environment: 'custom',
      customApiBaseUrl: descriptor.baseUrl,
      customAuthUrl: descriptor.authorizeUrl,
      customAccessTokenUrl: descriptor.tokenUrl,
      clientId: descriptor.clientId,
      clientSecret: descriptor.clientSecret,
      webhookVerifierToken: descriptor.webhookSecret,
    },
  });
  await api.connectOAuth2(credential.id);
  return credential;
}

function template(name: string): WorkflowJson {
  return JSON.parse(readFileSync(join(root, 'templates', name), 'utf8')) as WorkflowJson;
}

/** What a person does once in the editor: create the connection, run the first import. */
function setupWorkflow(): WorkflowJson {
  const sync = (name: string, parameters: object) => ({
    name,
    type: SYNC,
    typeVersion: 1,
    parameters: parameters as never,
    credentials: { [QUICKBOOKS_CREDENTIAL]: { id: '', name: '' } },
  });
  const start = (name: string) => ({
    name,
    type: 'n8n-nodes-base.manualTrigger',
    typeVersion: 1,
    parameters: {},
  });
  const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });
  return {
    name: 'Set Up',
    nodes: [
      start('Start Connection'),
      sync('Create Connection', {
        resource: 'connection',
        operation: 'create',
        provider: 'quickbooks',
        name: 'Demo company',
      }),
      start('Start Import'),
      sync('Import', { resource: 'import', operation: 'run' }),
    ],
    connections: { 'Start Connection': to('Create Connection'), 'Start Import': to('Import') },
  };
}
