import type { INodeProperties, INodeType } from 'n8n-workflow';
import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { AccountingSyncPages } from '../../nodes/AccountingSyncPages/AccountingSyncPages.node';
import { AccountingSyncTrigger } from '../../nodes/AccountingSyncTrigger/AccountingSyncTrigger.node';
import { AppRecords } from '../../nodes/AppRecords/AppRecords.node';
import { QuickBooksAccounting } from '../../nodes/QuickBooksAccounting/QuickBooksAccounting.node';
import { QuickBooksAccountingTrigger } from '../../nodes/QuickBooksAccountingTrigger/QuickBooksAccountingTrigger.node';
import { testStore } from '../../nodes/runtime/store';
import { STORE_CREDENTIAL } from '../../nodes/runtime/storeParameter';
import { searchMethodOf } from '../../nodes/runtime/properties';
import { quickBooks } from '../../shared/providers/quickbooks';
import { entities, entityNamed } from '../../shared/schema/entities';

const nodes: INodeType[] = [
  new AccountingSync(),
  new AccountingSyncPages(),
  new AccountingSyncTrigger(),
  new AppRecords(),
  new QuickBooksAccounting(),
  new QuickBooksAccountingTrigger(),
];

const propertiesNamed = (node: INodeType, name: string) =>
  node.description.properties.filter((property) => property.name === name);

/** Every property, those of collections included. */
function* all(properties: readonly unknown[]): Generator<INodeProperties> {
  for (const property of properties as INodeProperties[]) {
    if (property.type) yield property;
    for (const inside of [property.options, (property as { values?: unknown }).values]) {
      if (Array.isArray(inside)) yield* all(inside);
    }
  }
}

describe.each(nodes.map((node) => [node.description.displayName, node] as const))('%s', (_name, node) => {
  it('gives every operation an action, in the order of their names', () => {
    for (const operation of propertiesNamed(node, 'operation')) {
      const options = operation.options as { name: string; action?: string }[];
      expect(options.every(({ action }) => action)).toBe(true);
      expect(options.map(({ name }) => name)).toEqual(options.map(({ name }) => name).sort());
    }
  });

  it('has the list search of every locator', () => {
    const methods = Object.keys(node.methods?.listSearch ?? {});
    for (const property of all(node.description.properties)) {
      for (const mode of property.modes ?? []) {
        const method = mode.typeOptions?.searchListMethod;
        if (method) expect(methods).toContain(method);
      }
    }
  });

  it('shows only one property of a name at a time', () => {
    const shown = node.description.properties.map(({ name, displayOptions }) =>
      JSON.stringify([name, displayOptions?.show]),
    );
    expect(new Set(shown).size).toBe(shown.length);
  });

  it('asks for a store credential only where somebody chose it, and that comes last', () => {
    const store = node.description.credentials?.find(({ name }) => name === STORE_CREDENTIAL);
    if (!store) return expect(propertiesNamed(node, 'store')).toEqual([]);
    expect(store).toMatchObject({ required: true, displayOptions: { show: { store: ['postgres'] } } });
    expect(node.description.properties.at(-1)).toMatchObject({
      name: 'store',
      default: 'automatic',
      noDataExpression: true,
    });
    expect(node.methods?.credentialTest?.[String(store.testedBy)]).toBe(testStore);
  });

  it('can be used as a tool unless it is a trigger', () => {
    const isTrigger = node.description.group.includes('trigger');
    expect(node.description.usableAsTool !== undefined).toBe(!isTrigger);
    expect(node.description.inputs.length === 0).toBe(isTrigger);
  });
});

describe('QuickBooks Accounting', () => {
  const node = new QuickBooksAccounting();

  it('offers what the capability table allows, entity by entity', () => {
    for (const [entity, capability] of Object.entries(quickBooks.capabilities.entities)) {
      const operations = propertiesNamed(node, 'operation').find((property) =>
        property.displayOptions?.show?.['resource']?.includes(entity),
      );
      const values = (operations?.options as { value: string }[]).map(({ value }) => value);
      expect(new Set(values)).toEqual(
        new Set([
          'get',
          'getAll',
          ...(entityNamed(entity).naturalKey ? ['find'] : []),
          ...(capability.create ? ['create'] : []),
          ...(capability.update ? ['update'] : []),
          ...capability.remove,
        ]),
      );
    }
  });

  it('asks for the required fields of an invoice and offers the others, except derived ones', () => {
    const show = (property: INodeProperties) =>
      property.displayOptions?.show?.['resource']?.includes('invoice') &&
      property.displayOptions.show['operation']?.includes('create');
    const shown = node.description.properties.filter(show);
    expect(shown.map(({ name }) => name)).toEqual(['customer', 'lines', 'additionalFields']);
    const offered = (shown[2]?.options as INodeProperties[]).map(({ name }) => name);
    expect(offered).toEqual(expect.arrayContaining(['number', 'dueDate', 'billingAddress', 'privateNote']));
    expect(offered).not.toContain('balance');
    const [lines] = shown[1]?.options as { values: INodeProperties[] }[];
    expect(lines?.values.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['description', 'item', 'quantity', 'unitPrice', 'amount']),
    );
    expect(lines?.values.filter(({ required }) => required).map(({ name }) => name)).toEqual(['amount']);
  });

  it('asks which entity is meant where a reference may point to several, and lists its records', () => {
    const properties = [...all(node.description.properties)];
    expect(properties.map(({ name }) => name)).toContain('documentEntity');
    const lists = properties
      .filter(({ name }) => name === 'document')
      .map(({ displayOptions, modes }) => [
        displayOptions?.show?.['documentEntity']?.[0],
        modes?.[0]?.typeOptions?.searchListMethod,
      ]);
    expect(new Map(lists as [string, string][])).toEqual(
      new Map([
        ['invoice', 'searchInvoice'],
        ['credit_note', 'searchCreditNote'],
      ]),
    );
  });

  it('offers the ID of a line only where a line can be changed', () => {
    const linesOf = (operation: string) =>
      [
        ...all(
          node.description.properties.filter(
            ({ displayOptions }) => displayOptions?.show?.['operation']?.[0] === operation,
          ),
        ),
      ].some(({ displayName }) => displayName === 'Line ID');
    expect([linesOf('create'), linesOf('update')]).toEqual([false, true]);
  });
});

describe('App Records', () => {
  it('offers every field of every entity that the app may set', () => {
    const fields = propertiesNamed(new AppRecords(), 'fields');
    for (const entity of entities) {
      const collection = fields.find(
        ({ displayOptions }) => displayOptions?.show?.['entity']?.[0] === entity.name,
      );
      const offered = (collection?.options as INodeProperties[]).map(({ name }) => name);
      const expected = entity.fields.filter(({ derived }) => !derived).map(({ name }) => name);
      expect(new Set(offered)).toEqual(new Set(expected));
    }
  });

  it('offers to void only what can be voided', () => {
    const entity = propertiesNamed(new AppRecords(), 'entity').find(({ displayOptions }) =>
      displayOptions?.show?.['operation']?.includes('void'),
    );
    const offered = (entity?.options as { value: string }[]).map(({ value }) => value);
    expect(offered).toEqual(['credit_note', 'invoice', 'payment']);
  });

  it('lists connections and records without a credential, as the store needs none', () => {
    const lists = [...all(new AppRecords().description.properties)].flatMap(({ modes }) =>
      (modes ?? []).filter(({ type }) => type === 'list'),
    );
    expect(lists.length).toBeGreaterThan(0);
    expect(lists.every(({ typeOptions }) => typeOptions?.skipCredentialsCheckInRLC)).toBe(true);
  });

  it('names list searches after the entities', () => {
    expect(searchMethodOf('credit_note')).toBe('searchCreditNote');
  });
});
