import { setTimeout as sleep } from 'node:timers/promises';
import type { IDataObject, INodeListSearchResult, INodeParameters, INodeTypeDescription } from 'n8n-workflow';
import {
  isSettled,
  parseExecution,
  type Execution,
  type ExecutionStatus,
  type ExecutionSummary,
} from './execution';
import { connectOAuth2 } from './oauthConnect';
import { N8nSession } from './session';
import { callWebhook, type WebhookAnswer, type WebhookCall } from './webhookCall';
import { applyChoices, type CredentialRef, type ImportChoices, type WorkflowJson } from './workflowImport';

/** Who owns every n8n of the harness; the demo prints it, so that a person can sign in. */
export const owner = {
  email: 'owner@example.com',
  password: 'Accounting-Sync-1',
  firstName: 'Olivia',
  lastName: 'Owner',
} as const;

export interface Credential extends CredentialRef {
  readonly type: string;
}

export interface CredentialInput {
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Workflow {
  readonly id: string;
  readonly name: string;
  readonly versionId: string;
  readonly active: boolean;
}

export interface RunOptions {
  /** The name of the trigger node to start from. */
  readonly trigger: string;
  /** Items to start with, as if the trigger had emitted them; without, the trigger runs itself. */
  readonly items?: readonly IDataObject[];
  readonly timeoutMs?: number;
}

export interface ListSearch {
  /** `<package>.<node>`. */
  readonly nodeType: string;
  readonly version: number;
  /** The `searchListMethod` of the parameter. */
  readonly method: string;
  readonly parameters?: INodeParameters;
  /** By credential type. */
  readonly credentials?: Readonly<Record<string, CredentialRef>>;
  readonly filter?: string;
  readonly paginationToken?: string;
}

interface PublicationStatus {
  readonly status: 'in_progress' | 'not_published' | 'published' | 'partial' | 'failed';
  readonly triggers: readonly { readonly errorMessage: string | null }[];
}

/** What a person does in the editor, done through the REST API that the editor uses. */
export class N8nApi {
  readonly session: N8nSession;
  #nodeTypes: INodeTypeDescription[] | undefined;

  private constructor(readonly url: string) {
    this.session = new N8nSession(url);
  }

  /** Signs in as the owner, who is set up on the first call. */
  static async connect(url: string): Promise<N8nApi> {
    const api = new N8nApi(url);
    const settings = (await api.session.get('/rest/settings')) as {
      userManagement: { showSetupOnFirstLoad?: boolean };
    };
    if (settings.userManagement.showSetupOnFirstLoad) {
      await api.session.post('/rest/owner/setup', owner);
    } else {
      await api.session.post('/rest/login', { emailOrLdapLoginId: owner.email, password: owner.password });
    }
    return api;
  }

  // Node types

  /** Every node type n8n has loaded, one entry per version range. Asked once; a restart may need a new N8nApi. */
  async nodeTypes(): Promise<readonly INodeTypeDescription[]> {
    this.#nodeTypes ??= (await this.session.get('/types/nodes.json')) as INodeTypeDescription[];
    return this.#nodeTypes;
  }

  /** The full names of the node types that came with a package. */
  async nodeTypesOf(packageName: string): Promise<string[]> {
    const names = (await this.nodeTypes()).map((type) => type.name);
    return [...new Set(names.filter((name) => name.startsWith(`${packageName}.`)))].sort();
  }

  /** Runs a list search, as opening a resource locator's list does. */
  async listSearch(search: ListSearch): Promise<INodeListSearchResult> {
    const answer = await this.session.post('/rest/dynamic-node-parameters/resource-locator-results', {
      path: 'parameters',
      nodeTypeAndVersion: { name: search.nodeType, version: search.version },
      methodName: search.method,
      currentNodeParameters: search.parameters ?? {},
      credentials: search.credentials,
      filter: search.filter,
      paginationToken: search.paginationToken,
    });
    return answer as INodeListSearchResult;
  }

  // Credentials

  async createCredential(input: CredentialInput): Promise<Credential> {
    return (await this.session.post('/rest/credentials', input)) as Credential;
  }

  /** Replaces a credential's fields; a token it holds is kept. */
  async updateCredential(id: string, input: CredentialInput): Promise<Credential> {
    return (await this.session.patch(`/rest/credentials/${id}`, input)) as Credential;
  }

  /** A credential as the editor sees it: secrets are blanked, `oauthTokenData` is `true` once connected. */
  async getCredential(id: string): Promise<Credential & { data: Record<string, unknown> }> {
    return (await this.session.get(`/rest/credentials/${id}?includeData=true`)) as Credential & {
      data: Record<string, unknown>;
    };
  }

  /** Runs the credential's own test, as saving it in the editor does. */
  async testCredential(id: string): Promise<{ status: 'OK' | 'Error'; message: string }> {
    const credentials = await this.getCredential(id);
    return (await this.session.post('/rest/credentials/test', { credentials })) as {
      status: 'OK' | 'Error';
      message: string;
    };
  }

  /** Connects an OAuth2 credential to a provider that consents by itself. */
  async connectOAuth2(credentialId: string): Promise<void> {
    await connectOAuth2(this.session, credentialId);
  }

  // Workflows

  /** Creates a workflow, with credentials and parameters chosen; it is not active yet. */
  async importWorkflow(workflow: WorkflowJson, choices: ImportChoices = {}): Promise<Workflow> {
    const types = await this.nodeTypes();
    const describe = (name: string, version: number): INodeTypeDescription => {
      const found = types.find((type) => type.name === name && [type.version].flat().includes(version));
      if (!found) throw new Error(`n8n has no node type ${name} in version ${version}`);
      return found;
    };
    return (await this.session.post(
      '/rest/workflows',
      applyChoices(workflow, choices, describe),
    )) as Workflow;
  }

  async getWorkflow(id: string): Promise<Workflow & WorkflowJson> {
    return (await this.session.get(`/rest/workflows/${id}`)) as Workflow & WorkflowJson;
  }

  async deleteWorkflow(id: string): Promise<void> {
    await this.session.post(`/rest/workflows/${id}/archive`);
    await this.session.delete(`/rest/workflows/${id}`);
  }

  /** Publishes the newest version, and returns once its triggers and webhooks are live. */
  async activate(id: string, timeoutMs = 30_000): Promise<void> {
    const { versionId } = await this.getWorkflow(id);
    await this.session.post(`/rest/workflows/${id}/activate`, { versionId });
    const { status, triggers } = await this.#publicationSettled(id, timeoutMs);
    if (status !== 'published') {
      const reasons = triggers.map((trigger) => trigger.errorMessage).filter(Boolean);
      throw new Error(`Workflow ${id} could not be activated (${status}): ${reasons.join('; ')}`);
    }
  }

  /** Takes a workflow's triggers and webhooks down, and returns once they are. */
  async deactivate(id: string, timeoutMs = 30_000): Promise<void> {
    await this.session.post(`/rest/workflows/${id}/deactivate`);
    await this.#publicationSettled(id, timeoutMs);
  }

  /** Publishing is queued: n8n answers first and registers triggers after. */
  async #publicationSettled(id: string, timeoutMs: number): Promise<PublicationStatus> {
    return await until(`workflow ${id} to be published`, timeoutMs, async () => {
      const state = (await this.session.get(`/rest/workflows/${id}/publication-status`)) as PublicationStatus;
      return state.status === 'in_progress' ? undefined : state;
    });
  }

  // Executions

  /** Starts a manual execution of the draft and returns its id. One at a time per workflow, since items are pinned. */
  async startWorkflow(id: string, { trigger, items }: RunOptions): Promise<string> {
    const path = `/rest/workflows/${id}`;
    if (items) await this.session.patch(path, { pinData: { [trigger]: items.map((json) => ({ json })) } });
    try {
      const run = await this.session.post(`${path}/run`, { triggerToStartFrom: { name: trigger } });
      const { executionId } = run as { executionId?: string };
      if (!executionId) throw new Error(`Workflow ${id} waits for a test event at "${trigger}"`);
      return executionId;
    } finally {
      if (items) await this.session.patch(path, { pinData: {} });
    }
  }

  /** Runs a workflow manually and returns the finished (or waiting) execution, successful or not. */
  async runWorkflow(id: string, options: RunOptions): Promise<Execution> {
    return await this.waitForExecution(await this.startWorkflow(id, options), options.timeoutMs);
  }

  /** Newest first, at most 100. */
  async listExecutions(
    filter: { workflowId?: string; status?: ExecutionStatus } = {},
  ): Promise<ExecutionSummary[]> {
    const query = JSON.stringify({
      ...(filter.workflowId && { workflowId: filter.workflowId }),
      ...(filter.status && { status: [filter.status] }),
    });
    const path = `/rest/executions?limit=100&filter=${encodeURIComponent(query)}`;
    return ((await this.session.get(path)) as { results: ExecutionSummary[] }).results;
  }

  async getExecution(id: string): Promise<Execution> {
    return parseExecution(await this.session.get(`/rest/executions/${id}`));
  }

  /** Waits until an execution is settled, or until `done` says so. */
  async waitForExecution(
    id: string,
    timeoutMs = 60_000,
    done: (execution: ExecutionSummary) => boolean = isSettled,
  ): Promise<Execution> {
    return await until(`execution ${id}`, timeoutMs, async () => {
      const execution = await this.getExecution(id);
      return done(execution) ? execution : undefined;
    });
  }

  /** The oldest settled execution of a workflow that comes after execution `afterId` (default: any at all). */
  async waitForNextExecution(workflowId: string, afterId = '0', timeoutMs = 60_000): Promise<Execution> {
    return await until(`an execution of workflow ${workflowId}`, timeoutMs, async () => {
      const newer = (await this.listExecutions({ workflowId })).filter(
        ({ id }) => Number(id) > Number(afterId),
      );
      const oldest = newer.sort((a, b) => Number(a.id) - Number(b.id))[0];
      return oldest && isSettled(oldest) ? await this.getExecution(oldest.id) : undefined;
    });
  }

  // Webhooks

  /** Calls `/webhook/<path>` of an active workflow. */
  async callWebhook(path: string, call?: WebhookCall): Promise<WebhookAnswer> {
    return await callWebhook(`${this.url}/webhook/${path}`, call);
  }
}

/** Polls until `probe` returns something, or throws what it was waiting for. */
async function until<T>(what: string, timeoutMs: number, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    const result = await probe();
    if (result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(pauseMs);
  }
}
