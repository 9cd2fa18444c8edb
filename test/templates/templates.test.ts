import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConnections, INodeProperties, INodeType } from 'n8n-workflow';
import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { AccountingSyncPages } from '../../nodes/AccountingSyncPages/AccountingSyncPages.node';
import { AccountingSyncTrigger } from '../../nodes/AccountingSyncTrigger/AccountingSyncTrigger.node';
import { AppRecords } from '../../nodes/AppRecords/AppRecords.node';
import { QuickBooksAccounting } from '../../nodes/QuickBooksAccounting/QuickBooksAccounting.node';
import { QuickBooksAccountingTrigger } from '../../nodes/QuickBooksAccountingTrigger/QuickBooksAccountingTrigger.node';
import { name as packageName } from '../../package.json';

interface Template {
  name: string;
  nodes: {
    id: string;
    name: string;
    type: string;
    typeVersion: number;
    parameters: Record<string, unknown>;
    credentials?: unknown;
  }[];
  connections: IConnections;
}

const ours = new Map<string, INodeType>(
  [
    new AccountingSync(),
    new AccountingSyncPages(),
    new AccountingSyncTrigger(),
    new AppRecords(),
    new QuickBooksAccounting(),
    new QuickBooksAccountingTrigger(),
  ].map((node) => [`${packageName}.${node.description.name}`, node]),
);
/** Nodes that every n8n has. */
const builtIn = [
  'emailSend',
  'form',
  'formTrigger',
  'if',
  'manualTrigger',
  'noOp',
  'respondToWebhook',
  'scheduleTrigger',
  'set',
  'stickyNote',
  'stopAndError',
  'wait',
  'webhook',
].map((name) => `n8n-nodes-base.${name}`);

const folder = join(__dirname, '../../templates');
const templates = readdirSync(folder).map(
  (file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Template] as const,
);

function known(properties: readonly INodeProperties[], name: string, value: unknown): boolean {
  const found = properties.filter((property) => property.name === name);
  const options = found.flatMap((property) => (property.type === 'options' ? (property.options ?? []) : []));
  const isChoice = options.length > 0 && typeof value === 'string' && !value.startsWith('=');
  return (
    found.length > 0 && (!isChoice || options.some((option) => 'value' in option && option.value === value))
  );
}

describe.each(templates)('%s', (_file, { nodes, connections }) => {
  it('uses node types, versions and parameters that exist', () => {
    for (const { type, typeVersion, parameters } of nodes) {
      const node = ours.get(type);
      if (!node) {
        expect(builtIn).toContain(type);
        continue;
      }
      const { version, properties } = node.description;
      expect([version].flat()).toContain(typeVersion);
      for (const [name, value] of Object.entries(parameters)) {
        expect([name, value, known(properties, name, value)]).toEqual([name, value, true]);
      }
    }
  });

  it('connects nodes that are there, and leaves none of them alone', () => {
    const names = nodes.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
    const targets = Object.values(connections).flatMap(({ main = [] }) => main.flatMap((ends) => ends ?? []));
    const connected = [...Object.keys(connections), ...targets.map(({ node }) => node)];
    expect(names).toEqual(expect.arrayContaining(connected));
    const steps = nodes.filter(({ type }) => type !== 'n8n-nodes-base.stickyNote');
    expect(connected).toEqual(expect.arrayContaining(steps.map(({ name }) => name)));
  });

  it('explains itself, and holds no credentials', () => {
    expect(nodes.some(({ type }) => type === 'n8n-nodes-base.stickyNote')).toBe(true);
    expect(nodes.some(({ credentials }) => credentials !== undefined)).toBe(false);
  });
});
