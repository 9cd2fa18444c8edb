import {
  NodeHelpers,
  type IExecuteFunctions,
  type INode,
  type INodeParameters,
  type INodePropertyOptions,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow';
import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { AppRecords } from '../../nodes/AppRecords/AppRecords.node';
import { QuickBooksAccounting } from '../../nodes/QuickBooksAccounting/QuickBooksAccounting.node';
import { fakeNode } from '../nodes/support/fakeNode';
import { useStoreFolder } from '../nodes/support/storeFolder';

useStoreFolder();
const nodes: INodeType[] = [new AccountingSync(), new AppRecords(), new QuickBooksAccounting()];
/** Whatever is not known to read only counts as a change, operations to come included. */
const READS = [
  'dryRun',
  'find',
  'get',
  'getAll',
  'getCompany',
  'getSides',
  'history',
  'preview',
  'timeline',
  'verify',
];

/** Every resource and operation that the editor offers. */
const operationsOf = ({ properties }: INodeTypeDescription) =>
  properties
    .filter(({ name }) => name === 'operation')
    .flatMap(({ displayOptions, options }) =>
      ((displayOptions?.show?.['resource'] ?? ['']) as string[]).flatMap((resource) =>
        (options as INodePropertyOptions[]).map(({ value }) => ({ resource, operation: String(value) })),
      ),
    );

const cases = nodes.flatMap((node) =>
  operationsOf(node.description).map(({ resource, operation }): [string, string, string, INodeType] => [
    node.description.displayName,
    resource,
    operation,
    node,
  ]),
);
const [reading, changing] = [
  cases.filter(([, , operation]) => READS.includes(operation)),
  cases.filter(([, , operation]) => !READS.includes(operation)),
];

const MAY_ONLY_READ = 'may only read';

/** How n8n makes a tool of a node: the name, and the raw parameters filled with their defaults. */
const toolOf = ({ description }: INodeType): INodeTypeDescription => ({
  ...description,
  name: `${description.name}Tool`,
});

async function outcomeOf(
  node: INodeType,
  parameters: INodeParameters,
  description: INodeTypeDescription,
): Promise<string> {
  const raw = NodeHelpers.getNodeParameters(
    description.properties,
    parameters,
    true,
    false,
    { typeVersion: 1 },
    description,
  );
  const context = fakeNode({ type: `pack.${description.name}`, parameters, rawParameters: raw ?? {} });
  try {
    await node.execute!.call(context.context as IExecuteFunctions);
    return 'done';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a tool of an AI agent', () => {
  it.each(changing)('%s, %s: may not %s', async (_, resource, operation, node) => {
    expect(await outcomeOf(node, { resource, operation }, toolOf(node))).toContain(MAY_ONLY_READ);
  });

  it.each([
    false,
    'true',
    1,
    '={{ true }}',
    "={{ $fromAI('x') }}",
    "={{ $fromAI('x', '', 'boolean', true) }}",
  ])('may change nothing where Allow Changes is %p, and not switched on by hand', async (allowChanges) => {
    for (const [, resource, operation, node] of changing) {
      const parameters = { resource, operation, allowChanges };
      expect(await outcomeOf(node, parameters, toolOf(node))).toContain(MAY_ONLY_READ);
    }
  });

  it.each(changing)(
    '%s, %s: may %s where the builder has allowed changes',
    async (_, resource, operation, node) => {
      const parameters = { resource, operation, allowChanges: true };
      expect(await outcomeOf(node, parameters, toolOf(node))).not.toContain(MAY_ONLY_READ);
    },
  );

  it.each(reading)('%s, %s: may %s', async (_, resource, operation, node) => {
    expect(await outcomeOf(node, { resource, operation }, toolOf(node))).not.toContain(MAY_ONLY_READ);
  });

  it('is told so item by item where the node continues on failure', async () => {
    const context = fakeNode({
      type: 'pack.appRecordsTool',
      parameters: { operation: 'delete' },
      items: [{}, {}],
      continueOnFail: true,
    });
    const [items] = (await new AppRecords().execute.call(context.context)) as object[][];
    expect(items).toHaveLength(2);
    expect(JSON.stringify(items)).toContain('Allow Changes');
  });
});

describe('a node in a workflow', () => {
  it.each(changing)('%s, %s: may %s without being asked', async (_, resource, operation, node) => {
    const parameters = { resource, operation };
    expect(await outcomeOf(node, parameters, node.description)).not.toContain(MAY_ONLY_READ);
  });
});

describe.each(nodes.map((node) => [node.description.displayName, node] as const))(
  'Allow Changes of %s',
  (_, node) => {
    const property = node.description.properties.find(({ name }) => name === 'allowChanges')!;
    const shownIn = (description: INodeTypeDescription, { resource, operation }: INodeParameters) =>
      NodeHelpers.displayParameter(
        { resource, operation } as INodeParameters,
        property,
        { typeVersion: 1 } as INode,
        description,
      );

    it('is off, and takes no expression', () => {
      expect(property).toMatchObject({ type: 'boolean', default: false, noDataExpression: true });
    });

    it('shows for every operation where the node is a tool, and for none elsewhere', () => {
      for (const operation of operationsOf(node.description)) {
        expect(shownIn(toolOf(node), operation)).toBe(true);
        expect(shownIn(node.description, operation)).toBe(false);
      }
    });

    it('is mentioned where the tool is described', () => {
      expect(node.description.usableAsTool).toMatchObject({
        replacements: { description: expect.stringContaining('Allow Changes') as string },
      });
    });
  },
);
