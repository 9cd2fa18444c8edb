import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { name as packageName } from '../../package.json';

interface TemplateNode {
  name: string;
  type: string;
  parameters: Record<string, unknown>;
  credentials?: unknown;
}

const folder = join(__dirname, '../../templates');
const read = (file: string) =>
  (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { nodes: TemplateNode[] }).nodes;
const templates = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => [file, read(file)] as const);

type Parameters = TemplateNode['parameters'];
/** Null where nobody gets in who is not let in; else what is open. */
type Guard = (parameters: Parameters) => string | null;

const KINDS = ['basicAuth', 'bearerAuth', 'headerAuth', 'jwtAuth', 'n8nUserAuth'];
const authenticatedBy =
  (parameter: string): Guard =>
  ({ [parameter]: kind }) =>
    KINDS.includes(kind as string) ? null : `${parameter} is ${JSON.stringify(kind ?? 'none')}`;
const onlyIf =
  (applies: (parameters: Parameters) => boolean, guard: Guard): Guard =>
  (parameters) =>
    applies(parameters) ? guard(parameters) : null;

/** Nodes that take requests from outside, and what shows that these are not anybody's. */
const receiving: Record<string, Guard> = {
  'n8n-nodes-base.webhook': authenticatedBy('authentication'),
  'n8n-nodes-base.formTrigger': authenticatedBy('authentication'),
  'n8n-nodes-base.wait': onlyIf(
    ({ resume }) => resume === 'webhook' || resume === 'form',
    authenticatedBy('incomingAuthentication'),
  ),
  'n8n-nodes-base.emailSend': ({ operation }) =>
    operation === 'sendAndWait' ? 'is answered by whoever has the link' : null,
  '@n8n/n8n-nodes-langchain.chatTrigger': onlyIf(
    (parameters) => parameters['public'] === true,
    authenticatedBy('authentication'),
  ),
  '@n8n/n8n-nodes-langchain.mcpTrigger': authenticatedBy('authentication'),
};

/** Nodes that may be in a template as they are, and why. A node that is in neither list is taken for a hole. */
const closed: Record<string, string> = {
  'n8n-nodes-base.manualTrigger': 'started in the editor only',
  'n8n-nodes-base.scheduleTrigger': 'started by the clock',
  'n8n-nodes-base.errorTrigger': 'started by n8n',
  'n8n-nodes-base.stickyNote': 'text',
  'n8n-nodes-base.form': 'a later page of a form that its trigger has let somebody into',
  'n8n-nodes-base.noOp': 'does nothing',
  'n8n-nodes-base.if': 'branches',
  'n8n-nodes-base.stopAndError': 'ends the execution',
  'n8n-nodes-base.respondToWebhook': 'answers what the webhook has let in',
  [`${packageName}.quickBooksAccountingTrigger`]: 'verifies the signature of every notification',
  'n8n-nodes-base.set': 'sets fields',
  [`${packageName}.accountingSync`]: 'receives nothing',
  [`${packageName}.accountingSyncPages`]: 'shows and takes nothing without a link made for one person',
  [`${packageName}.accountingSyncTrigger`]: 'started by what happens in the store',
  [`${packageName}.appRecords`]: 'receives nothing',
  [`${packageName}.quickBooksAccounting`]: 'receives nothing',
};

function openings(nodes: readonly TemplateNode[]): string[] {
  return nodes.flatMap(({ name, type, parameters }) => {
    if (Object.hasOwn(closed, type)) return [];
    const open = Object.hasOwn(receiving, type)
      ? receiving[type]?.(parameters)
      : `${type} is not known to be closed`;
    return open ? [`${name}: ${open}`] : [];
  });
}

describe('a template that anybody may import and publish', () => {
  it.each(templates)('%s lets nobody in who does not authenticate', (_file, nodes) => {
    expect(openings(nodes)).toEqual([]);
  });

  it.each([
    ['n8n-nodes-base.webhook', {}],
    ['n8n-nodes-base.webhook', { authentication: 'none' }],
    ['n8n-nodes-base.formTrigger', {}],
    ['n8n-nodes-base.wait', { resume: 'webhook' }],
    ['n8n-nodes-base.wait', { resume: 'form', incomingAuthentication: 'none' }],
    ['n8n-nodes-base.emailSend', { operation: 'sendAndWait' }],
    ['@n8n/n8n-nodes-langchain.chatTrigger', { public: true }],
    ['n8n-nodes-base.anythingTrigger', { authentication: 'headerAuth' }],
  ])('would be noticed with an open %s %j', (type, parameters) => {
    expect(openings([{ name: 'Door', type, parameters }])).toHaveLength(1);
  });
});

describe('the answers of the app-edits template', () => {
  const nodes = new Map(read('app-edits.json').map((node) => [node.name, node.parameters]));
  const refused = nodes.get('Answer: Refused') as {
    responseBody: string;
    options: { responseCode: string };
  };
  /** As n8n does, without its sandbox. */
  const evaluate = (expression: string, $json: unknown): unknown => {
    const body = expression.replace(/^=\{\{/, '').replace(/\}\}$/, '');
    return new Function('$json', '$execution', `return (${body})`)($json, { id: '77' }) as unknown;
  };
  const answerTo = (item: unknown) => [
    evaluate(refused.options.responseCode, item),
    evaluate(refused.responseBody, item),
  ];

  it('are to what the node reads from the request: nothing of it is put into an expression', () => {
    expect(nodes.get('Store Edit')).toEqual({
      operation: 'upsert',
      connection: { __rl: true, mode: 'list', value: '' },
      dataMode: 'request',
    });
  });

  it.each([
    [503, 'unavailable', { code: 'store', nextStep: 'Look at the disk of /home/n8n.' }],
    [500, 'internal', { code: 'internal' }],
    [500, 'internal', { code: 'not_found', nextStep: 'Choose one of: Acme Ltd, Secret Corp.' }],
    [500, 'internal', { code: 'validation', nextStep: 'Choose one of: Acme Ltd, Secret Corp.' }],
    [500, 'internal', {}],
    [500, 'internal', undefined],
  ])('say %s and where to look, and nothing of the reason', (status, code, details) => {
    const item = { error: 'The store at /home/n8n/.n8n/store.sqlite of Acme Ltd refused', details };
    expect(answerTo(item)).toEqual([
      status,
      { error: 'The edit was not stored. Execution 77 in n8n says why.', code, execution: '77' },
    ]);
  });

  it('say what is wrong with what was sent', () => {
    const issues = [{ field: 'dueDate', label: 'Due Date', reason: 'is wrong', value: '"31.3."' }];
    const details = {
      code: 'validation',
      entity: 'invoice',
      recordId: 'i1',
      issues,
      nextStep: 'Correct it.',
    };
    expect(answerTo({ error: 'Invoice i1: Due Date is wrong', details })).toEqual([
      422,
      {
        error: 'Invoice i1: Due Date is wrong',
        code: 'validation',
        entity: 'invoice',
        id: 'i1',
        field: 'dueDate',
        issues,
        moreIssues: 0,
        nextStep: 'Correct it.',
      },
    ]);
    const stale = { code: 'stale_version', entity: 'invoice', recordId: 'i1' };
    expect(answerTo({ error: 'x', details: stale })).toMatchObject([
      409,
      { code: 'stale_version', id: 'i1' },
    ]);
  });
});
