import type { PolicyRule } from '../../shared/ports';
import { entityNamed } from '../../shared/schema/entities';
import { decide } from '../../shared/sync/decide';
import { counterpartyOf, covers, winnerFor } from '../../shared/sync/policy';
import { everything } from '../support/capability';

const rule = (winner: PolicyRule['winner'], patch: Partial<PolicyRule> = {}): PolicyRule => ({
  ...{ connectionId: '*', entity: '*', field: '*', winner },
  ...patch,
});
const invoice = { connectionId: 'c1', entity: 'invoice', counterparty: 'acme' };
const winner = (rules: PolicyRule[], path = 'dueDate', subject = invoice) =>
  winnerFor({ version: 1, rules }, subject, path);

describe('the rule in force', () => {
  it('asks where there is none', () => {
    expect(winner([])).toBe('raise');
    expect(winner([rule('app', { connectionId: 'c2' })])).toBe('raise');
  });

  it.each([
    ['connection before entity', { connectionId: 'c1' }, { entity: 'invoice', field: 'dueDate' }],
    ['entity before field', { entity: 'invoice' }, { field: 'dueDate' }],
    ['field before counterparty', { field: 'dueDate' }, { field: '*', counterparty: 'acme' }],
    ['counterparty before none', { counterparty: 'acme' }, {}],
  ])('is the most specific one: %s', (_, narrow, broad) => {
    const rules = [rule('app', narrow), rule('ledger', broad)];
    expect([winner(rules), winner(rules.toReversed())]).toEqual(['app', 'app']);
  });

  it('is one for the field before one for what the field is in', () => {
    const rules = [
      rule('ledger', { field: 'lines' }),
      rule('app', { field: 'lines.amount' }),
      rule('app', { field: 'line' }),
    ];
    expect(winner(rules, 'lines.amount')).toBe('app');
    expect(winner(rules, 'lines.description')).toBe('ledger');
    expect(winner(rules, 'linesOf')).toBe('raise');
  });

  it('says nothing of the documents of others, nor of nobody', () => {
    const rules = [rule('app', { connectionId: 'c1', counterparty: 'acme' }), rule('ledger')];
    expect(winner(rules)).toBe('app');
    for (const counterparty of ['zoo', null] as const) {
      expect(winnerFor({ version: 1, rules }, { ...invoice, counterparty }, 'dueDate')).toBe('ledger');
    }
  });

  it('is a locked one, whatever more specific ones say', () => {
    const locked = rule('raise', { field: 'lines.taxRate', locked: true });
    const own = rule('app', { connectionId: 'c1', entity: 'invoice', field: 'lines.taxRate' });
    const rules = [own, rule('app', { connectionId: 'c1' }), locked];
    expect(winner(rules, 'lines.taxRate')).toBe('raise');
    expect(winner(rules, 'lines.amount')).toBe('app');
  });

  it('is the broadest of those that are locked, and a narrow lock does not stand against what is narrower', () => {
    const broad = rule('ledger', { entity: 'invoice', locked: true });
    const narrow = rule('app', { connectionId: 'c1', locked: true });
    expect(winner([narrow, broad])).toBe('ledger');
    expect(winner([narrow, rule('raise')])).toBe('app');
  });
});

describe('whose document it is', () => {
  const of = (id: string) => ({ customer: { entity: 'customer', id } });
  const whose = (...states: Parameters<typeof counterpartyOf>[1]) =>
    counterpartyOf(entityNamed('invoice'), states);

  it('is the one that all who name one agree on', () => {
    expect(whose(of('acme'), of('acme'), of('acme'))).toBe('acme');
    expect(whose(null, {}, of('acme'))).toBe('acme');
    expect(whose(of('acme'), of('zoo'), of('acme'))).toBeNull();
    expect(whose(of('acme'), of('zoo'), of('zoo'))).toBeNull();
    expect(whose(null, {}, { customer: null })).toBeNull();
  });

  it('is nobody where the entity has none', () => {
    expect(counterpartyOf(entityNamed('item'), [of('acme')])).toBeNull();
  });

  it('decides only while it stays the same', () => {
    const base = { ...of('acme'), dueDate: '2027-01-03', number: '1001' };
    const plan = (app: string, ledger = app) =>
      decide({
        entity: entityNamed('invoice'),
        connectionId: 'c1',
        base: { schemaVersion: 1, state: 'live', fields: base },
        app: { state: 'live', fields: { ...base, ...of(app), dueDate: '2027-01-06' } },
        ledger: { state: 'live', fields: { ...base, ...of(ledger), dueDate: '2027-01-08' } },
        capabilities: { app: everything, ledger: everything },
        policy: {
          version: 1,
          rules: ['acme', 'zoo'].map((counterparty) => rule('app', { connectionId: 'c1', counterparty })),
        },
        resolution: null,
        uncertain: null,
        doubtful: new Set(),
        open: new Set(),
      });
    expect(plan('acme')).toMatchObject({ kind: 'write', agreed: { fields: { dueDate: '2027-01-06' } } });
    expect(plan('zoo', 'acme')).toMatchObject({ kind: 'hold', conflicts: [{ path: 'dueDate' }] });
    expect(plan('zoo')).toMatchObject({ kind: 'hold' });
  });
});

it('tells what a broader rule covers', () => {
  const scope = { connectionId: 'c1', entity: 'invoice', field: 'lines.amount' };
  expect(covers({ ...scope, field: 'lines' }, scope)).toBe(true);
  expect(covers({ ...scope, field: '*' }, { ...scope, counterparty: 'acme' })).toBe(true);
  expect(covers(scope, { ...scope, field: '*' })).toBe(false);
  expect(covers({ ...scope, counterparty: 'acme' }, scope)).toBe(false);
  expect(covers({ ...scope, entity: 'payment' }, scope)).toBe(false);
});
