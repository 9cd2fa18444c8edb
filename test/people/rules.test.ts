import { nearest } from '../../shared/people/nearest';
import {
  checkRule,
  ruleFieldsOf,
  ruleProblem,
  ruleTarget,
  type RuleCompany,
} from '../../shared/people/rules';
import { ruleMatrix, ruleWords, type RuleNames } from '../../shared/people/ruleWords';
import type { EntityCapability, PolicyEdit, PolicyRule } from '../../shared/ports';
import { appCapabilities } from '../../shared/app/side';
import { quickBooks } from '../../shared/providers/quickbooks';

const company = (patch: Record<string, Partial<EntityCapability>> = {}): RuleCompany => {
  const { capabilities, label } = quickBooks;
  const entities = Object.fromEntries(
    Object.entries(capabilities.entities).map(([name, each]) => [name, { ...each, ...patch[name] }]),
  );
  return {
    id: 'c1',
    name: 'Acme Ltd',
    sides: {
      labels: { app: 'Your app', ledger: label },
      capabilities: { app: appCapabilities, ledger: { ...capabilities, entities } },
      timeZone: 'UTC',
    },
  };
};

const edit = (patch: Partial<PolicyEdit> = {}): PolicyEdit => ({
  ...{ connectionId: 'c1', entity: 'invoice', field: 'dueDate', winner: 'app' },
  ...patch,
});
const problem = (patch: Partial<PolicyEdit>, { companies = [company()], rules = [] as PolicyRule[] } = {}) =>
  ruleProblem(edit(patch), { companies, rules });

describe('what a rule can be about', () => {
  it('are the fields of the schema that people fill in, what is decided together as one', () => {
    const fields = ruleFieldsOf('invoice').map(({ path, label }) => [path, label]);
    expect(fields[0]).toEqual(['*', 'All Fields']);
    expect(fields.at(-1)).toEqual(['$state', 'Removals']);
    expect(fields).toEqual(
      expect.arrayContaining([
        ['dueDate', 'Due Date'],
        ['billingAddress', 'Billing Address'],
        ['billingAddress.city', 'Billing Address: City'],
        ['lines', 'Lines'],
        ['lines.amount', 'Lines: Quantity, Unit Price and Amount'],
        ['lines.taxRate', 'Lines: Tax Rate'],
      ]),
    );
    const paths = fields.map(([path]) => path);
    for (const path of ['total', 'balance', 'lines.quantity']) expect(paths).not.toContain(path);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('are all fields that any entity has where all are meant', () => {
    const paths = ruleFieldsOf('*').map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['*', 'email', 'dueDate', '$state']));
    expect(paths.filter((path) => path === '*')).toHaveLength(1);
    expect(ruleFieldsOf('nonsense')).toEqual([]);
  });

  it.each([
    ['invoice', 'dueDate', 'invoice', 'dueDate'],
    ['Invoices', ' due date ', 'invoice', 'dueDate'],
    ['Credit Note', 'Lines: Tax Rate', 'credit_note', 'lines.taxRate'],
    ['invoice', 'lines.quantity', 'invoice', 'lines.amount'],
    ['All Entities', 'All Fields', '*', '*'],
    ['*', 'lines.taxRate', '*', 'lines.taxRate'],
  ])('is found by name or label: %s, %s', (entity, field, name, path) => {
    expect(ruleTarget(entity, field)).toEqual({ entity: name, field: path });
  });

  it.each([
    ['Invoces', '*', 'There is no entity "Invoces"', 'Did you mean "Invoices"?'],
    ['order', '*', 'There is no entity "order"', 'Choose one of: Accounts, '],
    [
      'invoice',
      'Due Dat',
      'Invoices have no field "Due Dat" that a rule could be for',
      'Did you mean "Due Date"',
    ],
    ['invoice', 'xyzzyxyzzy', 'Invoices have no field', 'Choose one of: All Fields, '],
    ['invoice', '<b>\u0000', 'Invoices have no field "<b>\\u0000"', 'Choose one of: '],
    ['invoice', 'total', 'Total is worked out by the accounting tool', 'fill in'],
  ])('is refused with the nearest names: %s, %s', (entity, field, message, nextStep) => {
    expect(() => ruleTarget(entity, field)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message) as string,
        details: expect.objectContaining({ nextStep: expect.stringContaining(nextStep) as string }) as object,
      }) as Error,
    );
  });

  it('compares long and empty words in no time', () => {
    expect(nearest('x'.repeat(100_000), ['Invoices', 'y'.repeat(100_000)])).toEqual([]);
    expect(nearest('  ', ['Invoices'])).toEqual([]);
    expect(nearest('acme', ['Zoo', 'Acme Ltd', 'Acne'])).toEqual(['Acme Ltd', 'Acne']);
  });
});

describe('a rule that cannot work', () => {
  it.each([
    [
      'a side that changes no such record',
      { entity: 'tax_rate', field: 'rate' },
      'does not let anybody change tax rates',
    ],
    [
      'a removal that a side cannot follow',
      { entity: 'tax_rate', field: '$state' },
      'neither remove tax rates nor create',
    ],
    ['a field that is set once', { field: 'currency' }, 'Currency cannot be changed once the record exists'],
    [
      'a customer of what has none',
      { entity: 'item', field: 'name', counterparty: 'l1' },
      'Items belong to no customer',
    ],
    ['a customer of all companies', { connectionId: '*', counterparty: 'l1' }, 'belongs to one company'],
  ] as const)('is refused: %s', (_, patch, message) => {
    expect(problem(patch)).toMatchObject({
      kind: 'impossible',
      message: expect.stringContaining(message) as string,
      nextStep: expect.any(String) as string,
    });
  });

  it('is refused with the reason that the side gives for a field', () => {
    const readOnly = { dueDate: 'It is worked out from the terms.' };
    const companies = [company({ invoice: { readOnly } })];
    expect(problem({}, { companies })).toMatchObject({
      message:
        'This rule cannot work: QuickBooks Online does not take Due Date. It is worked out from the terms.',
    });
    expect(problem({ winner: 'ledger' }, { companies })).toBeNull();
    const unsupported = { dueDate: 'Nobody is paid later.' };
    const without = [company({ invoice: { unsupported } })];
    expect(problem({ winner: 'ledger' }, { companies: without })).toMatchObject({
      message: 'This rule cannot work: QuickBooks Online does not keep Due Date. Nobody is paid later.',
    });
  });

  it('is taken where it works for one of several, and where a person is asked', () => {
    const readOnly = { dueDate: 'No.' };
    const companies = [company({ invoice: { readOnly } }), company()];
    expect(problem({ connectionId: '*' }, { companies })).toBeNull();
    expect(problem({ entity: 'tax_rate', field: 'rate', winner: 'raise' })).toBeNull();
    expect(problem({ entity: 'tax_rate', field: 'rate', winner: null })).toBeNull();
    expect(problem({ connectionId: '*' }, { companies: [] })).toBeNull();
  });

  it('is one that a locked rule overrules', () => {
    const lock: PolicyRule = {
      ...{ connectionId: '*', entity: '*', field: 'lines', winner: 'raise', locked: true },
    };
    expect(problem({ field: 'lines.taxRate', winner: 'raise' }, { rules: [lock] })).toMatchObject({
      kind: 'impossible',
      nextStep: 'Remove or unlock the rule for All Entities, Lines of all companies first.',
    });
    expect(problem({ winner: 'raise' }, { rules: [lock] })).toBeNull();
    // Changing or unlocking the locked rule itself is another matter, and so is taking a rule away.
    const own = { connectionId: '*', entity: '*', field: 'lines', winner: 'raise' } as const;
    expect(problem(own, { rules: [lock] })).toBeNull();
    expect(problem({ field: 'lines.taxRate', winner: null }, { rules: [lock] })).toBeNull();
  });
});

describe('a rule about amounts', () => {
  it.each([
    [{ field: 'lines.amount' }, 'Quantity, Unit Price and Amount'],
    [{ field: 'lines.taxRate' }, 'Tax Rate'],
    [{ field: 'taxTreatment' }, 'Amounts Are'],
    [{ field: '*' }, 'Amount'],
    [{ field: '$state' }, 'Records would be removed or brought back without asking'],
    [{ entity: 'payment', field: 'amount', winner: 'ledger' }, 'QuickBooks Online would win'],
  ] as const)('is taken only when somebody confirms it: %j', (patch, message) => {
    const context = { companies: [company()], rules: [] };
    expect(problem(patch)).toMatchObject({ kind: 'unconfirmed' });
    if (!message.includes('Quantity')) expect(problem(patch)?.message).toContain(message);
    expect(() => checkRule(edit(patch), { ...context, isConfirmed: false })).toThrow(
      /without asking anybody/,
    );
    expect(() => checkRule(edit(patch), { ...context, isConfirmed: true })).not.toThrow();
  });

  it('may ask without a confirmation, and others need none', () => {
    expect(problem({ field: '*', winner: 'raise' })).toBeNull();
    expect(problem({ field: 'dueDate' })).toBeNull();
    expect(problem({ entity: 'customer', field: '*' })).toBeNull();
  });

  it('cannot be made possible by confirming it', () => {
    const context = { companies: [company()], rules: [], isConfirmed: true };
    expect(() => checkRule(edit({ entity: 'tax_rate', field: 'rate' }), context)).toThrow(/cannot work/);
  });
});

describe('rules in words', () => {
  const names: RuleNames = {
    companies: new Map([['c1', { name: 'Acme Ltd', ledger: 'QuickBooks Online' }]]),
    parties: new Map([['l1', 'Cool Cars']]),
  };

  it.each([
    [{ field: '*' }, 'Acme Ltd · Invoices: app wins'],
    [{ winner: 'ledger' }, 'Acme Ltd · Invoices, Due Date: QuickBooks Online wins'],
    [{ counterparty: 'l1', winner: 'raise' }, 'Acme Ltd · Invoices, Due Date · Cool Cars: ask'],
    [
      { connectionId: '*', entity: 'tax_rate', field: '*', winner: 'raise', locked: true },
      'All Companies · Tax Rates: ask (locked)',
    ],
    [{ connectionId: '*', winner: 'ledger' }, 'All Companies · Invoices, Due Date: accounting tool wins'],
    [
      { counterparty: 'gone', winner: null },
      'Acme Ltd · Invoices, Due Date · a customer that is gone: no rule',
    ],
  ] as const)('%j', (patch, words) => {
    expect(ruleWords(names, edit(patch))).toBe(words);
  });

  it('make a matrix: what is inherited, and what is locked', () => {
    const rules: PolicyRule[] = [
      { connectionId: '*', entity: '*', field: '*', winner: 'ledger' },
      { connectionId: 'c1', entity: 'invoice', field: '*', winner: 'app' },
      { connectionId: '*', entity: 'invoice', field: 'lines.taxRate', winner: 'raise', locked: true },
      { connectionId: 'c1', entity: 'invoice', field: 'dueDate', winner: 'raise', counterparty: 'l1' },
    ];
    const matrix = ruleMatrix(rules, names);
    const row = (label: string) =>
      matrix
        .find((each) => each.label === label)
        ?.cells.map(({ text, isInherited, isLocked }) => [text, isInherited, isLocked]);
    expect(row('All Entities')).toEqual([
      ['Accounting tool wins', false, false],
      ['QuickBooks Online wins', true, false],
    ]);
    expect(row('Invoices')).toEqual([
      ['Accounting tool wins', true, false],
      ['App wins', false, false],
    ]);
    expect(row('Lines: Tax Rate')).toEqual([
      ['Ask', false, true],
      ['Ask', true, true],
    ]);
    expect(row('Due Date')).toBeUndefined();
    expect(ruleMatrix([], names).every(({ cells }) => cells.every((cell) => cell.text === 'Ask'))).toBe(true);
  });
});
