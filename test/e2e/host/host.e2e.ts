import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { N8nApi } from './api';
import { itemsOf } from './execution';
import { startN8n, type N8nInstance } from './instance';
import { startOAuthServer } from './oauthServer';
import { writeProbePack } from './probePack';
import type { WorkflowJson } from './workflowImport';

const node = (name: string, type: string, typeVersion: number, parameters = {}) => ({
  name,
  type,
  typeVersion,
  parameters,
});

const echo: WorkflowJson = {
  name: 'Echo',
  nodes: [
    node('Webhook', 'n8n-nodes-base.webhook', 2, {
      httpMethod: 'POST',
      path: 'echo',
      responseMode: 'responseNode',
    }),
    node('Respond', 'n8n-nodes-base.respondToWebhook', 1.1, {
      respondWith: 'json',
      responseBody: '={{ { "said": $json.body.word } }}',
    }),
  ],
  connections: { Webhook: { main: [[{ node: 'Respond', type: 'main', index: 0 }]] } },
};

const probe: WorkflowJson = {
  name: 'Probe',
  nodes: [
    node('Start', 'n8n-nodes-base.manualTrigger', 1),
    node('Code', 'n8n-nodes-base.code', 2, { jsCode: 'return $input.all();' }),
    node('Probe', 'n8n-nodes-probe.probe', 1.1, { secure: true }),
  ],
  connections: {
    Start: { main: [[{ node: 'Code', type: 'main', index: 0 }]] },
    Code: { main: [[{ node: 'Probe', type: 'main', index: 0 }]] },
  },
};

const note = (text: string) => void process.stdout.write(`${text}\n`);

describe('the n8n harness', () => {
  const folder = mkdtempSync(join(tmpdir(), 'n8n-harness-'));
  const packageDir = join(folder, 'pack');
  let n8n: N8nInstance;
  let api: N8nApi;
  let packName: string;

  beforeAll(async () => {
    packName = writeProbePack(packageDir);
    n8n = await startN8n({ userFolder: join(folder, 'user'), port: 0, packageDir, log: note });
    api = await N8nApi.connect(n8n.url);
  });

  afterAll(async () => {
    await n8n?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('loads the pack and answers a list search', async () => {
    expect(await api.nodeTypesOf(packName)).toEqual([`${packName}.probe`, `${packName}.probeTrigger`]);
    const search = { nodeType: `${packName}.probe`, version: 1.1, method: 'planets', filter: 'Ma' };
    expect(await api.listSearch(search)).toEqual({ results: [{ name: 'Mars', value: 'mars' }] });
  });

  it('runs a workflow by hand with a chosen credential, and reads its items', async () => {
    const credential = await api.createCredential({ name: 'Key', type: 'probeApi', data: { apiKey: 'k1' } });
    const { id } = await api.importWorkflow(probe, {
      name: 'By hand',
      credentials: { probeApi: credential },
    });

    const execution = await api.runWorkflow(id, { trigger: 'Start', items: [{ word: 'a' }, { word: 'b' }] });

    expect(execution.status).toBe('success');
    expect(itemsOf(execution, 'Probe')).toEqual([
      { word: 'a', secret: 'k1' },
      { word: 'b', secret: 'k1' },
    ]);
    await api.updateCredential(credential.id, { name: 'Key', type: 'probeApi', data: { apiKey: 'k2' } });
    const again = await api.runWorkflow(id, { trigger: 'Start' });
    expect(itemsOf(again, 'Probe')).toEqual([{ secret: 'k2' }]);
    await api.deleteWorkflow(id);
  });

  it('shows why an execution failed', async () => {
    const { id } = await api.importWorkflow(probe, { parameters: { Probe: { secure: false, fail: true } } });

    const execution = await api.runWorkflow(id, { trigger: 'Start' });

    expect(execution.status).toBe('error');
    expect(execution.data.resultData.error?.message).toBe('Told to fail');
    expect(await api.listExecutions({ workflowId: id, status: 'success' })).toEqual([]);
  });

  it('runs what a trigger emits, live and by hand', async () => {
    const trigger = node('Tick', 'n8n-nodes-probe.probeTrigger', 1);
    const { id } = await api.importWorkflow({ name: 'Ticking', nodes: [trigger], connections: {} });

    await api.activate(id);
    const live = await api.waitForNextExecution(id);
    expect(itemsOf(live, 'Tick')).toEqual([{ emitted: true }]);
    await api.deactivate(id);
    expect(itemsOf(await api.runWorkflow(id, { trigger: 'Tick' }), 'Tick')).toEqual([{ emitted: true }]);
  });

  it('activates a sub-workflow, and tells why a workflow cannot be activated', async () => {
    const trigger = node('When called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
      inputSource: 'passthrough',
    });
    const sub = await api.importWorkflow({ name: 'Sub', nodes: [trigger], connections: {} });
    await api.activate(sub.id);
    expect((await api.getWorkflow(sub.id)).active).toBe(true);

    const plain = await api.importWorkflow(probe);
    await expect(api.activate(plain.id)).rejects.toThrow(/trigger/i);

    const broken = node('Tick', 'n8n-nodes-probe.probeTrigger', 1, { fail: true });
    const failing = await api.importWorkflow({ name: 'Failing', nodes: [broken], connections: {} });
    await expect(api.activate(failing.id)).rejects.toThrow(/Told not to start/);
  });

  it('serves a webhook from activation to deactivation, through a kill and a restart', async () => {
    const { id } = await api.importWorkflow(echo);
    expect((await api.callWebhook('echo', { body: { word: 'early' } })).status).toBe(404);

    await api.activate(id);
    const answers = [];
    for (let call = 0; call < 20; call++) {
      answers.push(await api.callWebhook('echo', { body: { word: `n${call}` } }));
    }
    expect(answers.map((answer) => answer.json)).toEqual(answers.map((_, call) => ({ said: `n${call}` })));
    const latencies = answers.map((answer) => answer.latencyMs).sort((a, b) => a - b);
    note(`webhook: median ${latencies[10]?.toFixed(0)} ms, slowest ${latencies[19]?.toFixed(0)} ms`);

    const before = await api.listExecutions({ workflowId: id });
    expect(before).toHaveLength(20);
    await n8n.kill();
    expect(n8n.running).toBe(false);
    await expect(api.callWebhook('echo', { body: {} })).rejects.toThrow();

    await n8n.restart();
    const after = await api.callWebhook('echo', { body: { word: 'again' } });
    expect(after.json).toEqual({ said: 'again' });
    const execution = await api.waitForNextExecution(id, before[0]?.id);
    expect(itemsOf(execution, 'Webhook')[0]).toMatchObject({ body: { word: 'again' } });

    await api.deactivate(id);
    expect((await api.callWebhook('echo', { body: { word: 'late' } })).status).toBe(404);
  });

  it('connects an OAuth2 credential, and says so when the provider refuses', async () => {
    const provider = await startOAuthServer();
    try {
      const input = (clientId: string) => ({
        name: 'Provider',
        type: 'oAuth2Api',
        data: {
          grantType: 'authorizationCode',
          authUrl: `${provider.url}/authorize`,
          accessTokenUrl: `${provider.url}/token`,
          clientId,
          clientSecret: 'shh',
          scope: 'all',
          authentication: 'body',
        },
      });
      const { id } = await api.createCredential(input('client'));
      expect((await api.getCredential(id)).data['oauthTokenData']).toBeUndefined();

      await api.connectOAuth2(id);

      expect(provider.tokenRequests).toHaveLength(1);
      expect((await api.getCredential(id)).data['oauthTokenData']).toBeTruthy();
      await api.updateCredential(id, input('refused'));
      expect((await api.getCredential(id)).data['oauthTokenData']).toBeTruthy();
      await expect(api.connectOAuth2(id)).rejects.toThrow(/could not connect/);
    } finally {
      await provider.close();
    }
  });
});
