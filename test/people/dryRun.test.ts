import { dryRun, type DryRunOptions } from '../../shared/people/dryRun';
import type { PolicyEdit } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import { engineBench, type EngineBench } from '../support/engineBench';
import { changeBoth, onlyConflict, sharedInvoice, sidesOf, withLine } from './support';

let bench: EngineBench;
beforeEach(async () => (bench = await engineBench()));
afterEach(async () => await bench.close());

const edit = (patch: Partial<PolicyEdit> = {}): PolicyEdit => ({
  ...{ connectionId: 'c1', entity: 'invoice', field: '*', winner: 'app' },
  ...patch,
});
const tryOut = async (patch: Partial<PolicyEdit> = {}, options: Partial<DryRunOptions> = {}) =>
  await dryRun(bench.store, {
    edit: edit(patch),
    companies: [{ id: 'c1', name: 'Acme Ltd', sides: sidesOf(bench) }],
    since: 0,
    limit: 10,
    ...options,
  });

const due = (dueDate: string) => (fields: Fields) => ({ ...fields, dueDate });
const none = { conflicts: 1, decided: 0, partly: 0, asked: 0, otherwise: 0 };

/** Sets the rule and lets the engine look at the record again: what became of the conflict. */
async function setForReal(patch: Partial<PolicyEdit>, appId: string) {
  await bench.store.policies.set(edit(patch), 'user ann', bench.clock.now());
  await bench.notify('app', 'invoice', appId);
  await bench.settle();
  const open = await bench.store.conflicts.list({ connectionId: 'c1', status: 'open', limit: 9 });
  return {
    open: open.flatMap(({ fields }) => fields.map(({ path }) => path)),
    app: bench.app.get('invoice', appId).fields,
  };
}

describe('of an open conflict', () => {
  it.each([
    ['the whole entity', {}, 'decided'],
    ['the field', { field: 'dueDate', winner: 'ledger' }, 'decided'],
    ['all entities', { entity: '*' }, 'decided'],
    ['another field', { field: 'number' }, null],
    ['another entity', { entity: 'payment' }, null],
    ['to be asked', { winner: 'raise' }, 'asked'],
  ] as const)('says what the engine would do: a rule for %s', async (_, patch, outcome) => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const { open, cases } = await tryOut(patch);
    expect(open).toEqual(outcome === null ? none : { ...none, [outcome]: 1 });
    expect(cases).toHaveLength(outcome === null ? 0 : 1);
    const after = await setForReal(patch, ids.app);
    expect(after.open).toEqual(outcome === 'decided' ? [] : ['dueDate']);
    if (outcome === 'decided') {
      const winner = 'winner' in patch ? patch.winner : 'app';
      expect(cases[0]?.decides).toMatchObject([{ field: { path: 'dueDate' }, winner }]);
      expect(after.app['dueDate']).toBe(winner === 'app' ? '2027-01-03' : '2027-01-06');
    }
  });

  it('says which fields somebody would still be asked about', async () => {
    const ids = await sharedInvoice(bench);
    const both = (value: string, quantity: string) => (fields: Fields) =>
      withLine(0, { quantity, amount: quantity })(due(value)(fields));
    await changeBoth(bench, ids, both('2027-01-03', '3'), both('2027-01-06', '4'));
    const { open, cases } = await tryOut({ field: 'lines' });
    expect(open).toMatchObject({ decided: 0, partly: 1 });
    expect(cases[0]).toMatchObject({
      decides: [{ field: { path: expect.stringMatching(/^lines\[.*\]\.amount$/) as string }, winner: 'app' }],
      asks: [{ path: 'dueDate' }],
    });
    expect((await setForReal({ field: 'lines' }, ids.app)).open).toEqual(['dueDate']);
  });

  it('knows whose document it is', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const customers = await bench.store.links.list('c1', { entity: 'customer', limit: 9 });
    const counterparty = customers[0]!.id;
    expect((await tryOut({ counterparty })).open).toMatchObject({ decided: 1 });
    expect((await tryOut({ counterparty: ids.linkId })).open).toMatchObject({ decided: 0, asked: 0 });
    expect((await setForReal({ counterparty }, ids.app)).open).toEqual([]);
  });

  it.each(['app', 'ledger'] as const)(
    'knows what becomes of a removal against an edit (%s)',
    async (winner) => {
      const ids = await sharedInvoice(bench);
      bench.app.edit('invoice', ids.app, due('2027-01-03'));
      bench.ledger.drop('invoice', ids.ledger, 'deleted');
      await bench.notify('app', 'invoice', ids.app);
      await bench.settle();
      await onlyConflict(bench);
      const { open } = await tryOut({ field: '$state', winner });
      const after = await setForReal({ field: '$state', winner }, ids.app).catch(() => ({ open: [] }));
      expect(open.decided).toBe(after.open.length === 0 ? 1 : 0);
    },
  );

  it('leaves a locked rule in force', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const lock = { ...edit({ connectionId: '*', winner: 'raise' }), locked: true };
    await bench.store.policies.set(lock, 'user ann', bench.clock.now());
    expect((await tryOut({})).open).toEqual(none);
  });
});

describe('of past conflicts', () => {
  async function decided(choice: 'app' | 'ledger'): Promise<void> {
    const ids = await sharedInvoice(bench);
    const conflict = await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    await bench.store.conflicts.resolve(
      conflict.id,
      { choices: { dueDate: { winner: choice } }, by: 'user ann', at: bench.clock.now() },
      conflict.refreshedAt,
    );
    await bench.settle();
  }

  it('says whether a person has decided the same', async () => {
    await decided('app');
    const same = await tryOut();
    expect(same).toMatchObject({
      open: { conflicts: 0 },
      past: { conflicts: 1, decided: 1, otherwise: 0 },
      cases: [{ sameAsPerson: true }],
    });
    const other = await tryOut({ winner: 'ledger' });
    expect(other).toMatchObject({ past: { decided: 1, otherwise: 1 }, cases: [{ sameAsPerson: false }] });
  });

  it('looks back as far as it is told, and tells no more than it is asked for', async () => {
    await decided('app');
    expect((await tryOut({}, { since: bench.clock.now() + 1 })).past.conflicts).toBe(0);
    expect((await tryOut({}, { since: null })).past.conflicts).toBe(0);
    expect(await tryOut({}, { limit: 0 })).toMatchObject({ cases: [], moreCases: 1 });
  });
});
