import fc from 'fast-check';
import { mergeFields } from '../../shared/sync/merge/fields';
import type { MergeRules } from '../../shared/sync/merge/rules';
import { diffFields } from '../../shared/sync/diff';
import { hashFields } from '../../shared/sync/identity';
import { entityNamed } from '../../shared/schema/entities';
import type { Fields } from '../../shared/schema/entity';
import type { PolicyWinner } from '../../shared/ports';

const invoice = entityNamed('invoice');

const rules = (winner: PolicyWinner = 'raise'): MergeRules => ({
  verdict: () => ({ winner, by: 'policy' }),
  refusal: () => null,
  uncertain: null,
  isOpen: () => false,
});

const base: Fields = {
  number: '1001',
  customer: { entity: 'customer', id: 'c1' },
  dueDate: '2026-12-01',
  lines: [
    { id: 'k1', description: 'Paper', quantity: '2', unitPrice: '5', amount: '10' },
    { id: 'k2', description: 'Ink', quantity: '1', unitPrice: '30', amount: '30' },
  ],
  billingAddress: { line1: 'Main St 1', city: 'Springfield' },
  total: '40',
};
type Draft = Fields & { lines: [Fields, Fields, ...Fields[]] };
const edit = (change: (fields: Draft) => void): Fields => {
  const copy = structuredClone(base) as Draft;
  change(copy);
  return copy;
};

describe('mergeFields', () => {
  it('takes disjoint edits from both sides', () => {
    const app = edit((f) => (f.dueDate = '2026-12-31'));
    const ledger = edit((f) => (f.number = '1001-A'));
    const { merged, conflicts } = mergeFields(invoice, base, app, ledger, rules());
    expect(conflicts).toEqual([]);
    expect(merged).toMatchObject({ dueDate: '2026-12-31', number: '1001-A' });
  });

  it('raises a field that moved apart and keeps its base', () => {
    const app = edit((f) => (f.dueDate = '2026-12-31'));
    const ledger = edit((f) => (f.dueDate = '2027-01-15'));
    const { merged, conflicts } = mergeFields(invoice, base, app, ledger, rules());
    expect(merged['dueDate']).toBe('2026-12-01');
    expect(conflicts).toEqual([
      {
        path: 'dueDate',
        label: 'Due Date',
        base: '2026-12-01',
        app: '2026-12-31',
        ledger: '2027-01-15',
        reason: 'both_changed',
      },
    ]);
  });

  it('agrees where both sides made the same edit', () => {
    const same = edit((f) => (f.dueDate = '2026-12-31'));
    const { merged, conflicts, decisions } = mergeFields(invoice, base, same, structuredClone(same), rules());
    expect(conflicts).toEqual([]);
    expect(merged['dueDate']).toBe('2026-12-31');
    expect(decisions).toEqual([
      { path: 'dueDate', from: 'agreed', by: 'edit', before: '2026-12-01', after: '2026-12-31' },
    ]);
  });

  it('merges different lines, and different fields of one line', () => {
    const app = edit((f) => {
      f.lines[0].description = 'Paper A4';
      f.lines[1].description = 'Black ink';
    });
    const ledger = edit((f) => Object.assign(f.lines[0], { quantity: '3', amount: '15' }));
    const { merged, conflicts } = mergeFields(invoice, base, app, ledger, rules());
    expect(conflicts).toEqual([]);
    expect(merged['lines']).toEqual([
      { id: 'k1', description: 'Paper A4', quantity: '3', unitPrice: '5', amount: '15' },
      { id: 'k2', description: 'Black ink', quantity: '1', unitPrice: '30', amount: '30' },
    ]);
  });

  it('never mixes quantity and price of one line from two sides', () => {
    const app = edit((f) => Object.assign(f.lines[0], { quantity: '3', amount: '15' }));
    const ledger = edit((f) => Object.assign(f.lines[0], { unitPrice: '6', amount: '12' }));
    const { conflicts } = mergeFields(invoice, base, app, ledger, rules());
    expect(conflicts.map((conflict) => conflict.path)).toEqual(['lines[k1].amount']);
    const { merged } = mergeFields(invoice, base, app, ledger, rules('app'));
    expect(merged['lines']).toMatchObject([{ quantity: '3', unitPrice: '5', amount: '15' }, {}]);
  });

  it('raises a line removed here and edited there', () => {
    const app = edit((f) => f.lines.splice(0, 1));
    const ledger = edit((f) => (f.lines[0].description = 'Paper A3'));
    const { conflicts } = mergeFields(invoice, base, app, ledger, rules());
    expect(conflicts).toMatchObject([{ path: 'lines[k1]', reason: 'delete_against_edit', app: undefined }]);
  });

  it('merges lines added on both sides and a line removed on one', () => {
    const app = edit((f) => f.lines.push({ id: 'app:9', description: 'Stapler', amount: '7' }));
    const ledger = edit((f) => f.lines.splice(1, 1, { id: 'ledger:8', description: 'Freight', amount: '4' }));
    const { merged, conflicts } = mergeFields(invoice, base, app, ledger, rules());
    expect(conflicts).toEqual([]);
    expect((merged['lines'] as Fields[]).map((line) => line['id']).sort()).toEqual([
      'app:9',
      'k1',
      'ledger:8',
    ]);
  });

  it('takes a new order from the side that moved lines', () => {
    const ledger = edit((f) => f.lines.reverse());
    const { merged } = mergeFields(invoice, base, base, ledger, rules());
    expect((merged['lines'] as Fields[]).map((line) => line['id'])).toEqual(['k2', 'k1']);
  });

  it('takes derived fields from the ledger without a word', () => {
    const app = edit((f) => (f.total = '1'));
    const ledger = edit((f) => (f.total = '41.50'));
    const { merged, conflicts, decisions } = mergeFields(invoice, base, app, ledger, rules());
    expect(merged['total']).toBe('41.50');
    expect([conflicts, decisions]).toEqual([[], []]);
  });

  it('without a base fills what is empty and raises what differs', () => {
    const app = edit((f) => delete f.dueDate);
    const ledger = edit((f) => (f.number = '77'));
    const { merged, conflicts } = mergeFields(invoice, null, app, ledger, rules());
    expect(merged['dueDate']).toBe('2026-12-01');
    expect(conflicts).toMatchObject([{ path: 'number', reason: 'no_base' }]);
  });

  it('reads a missing field as no opinion and null as emptied', () => {
    const silent = edit((f) => delete f.dueDate);
    expect(mergeFields(invoice, base, base, silent, rules()).merged['dueDate']).toBe('2026-12-01');
    const emptied = edit((f) => (f.dueDate = null));
    expect(mergeFields(invoice, base, base, emptied, rules()).merged['dueDate']).toBeNull();
  });

  it('raises what the other side cannot take', () => {
    const app = edit((f) => (f.dueDate = '2027-02-02'));
    const immutable: MergeRules = { ...rules(), refusal: (side) => (side === 'ledger' ? 'immutable' : null) };
    expect(mergeFields(invoice, base, app, base, immutable).conflicts).toMatchObject([
      { path: 'dueDate', reason: 'immutable' },
    ]);
  });
});

describe('laws of the merge', () => {
  const value = fc.constantFrom(null, '2026-01-01', '2026-02-02', '2026-03-03');
  const line = (id: string) =>
    fc.record({
      id: fc.constant(id),
      description: fc.constantFrom('a', 'b', 'c'),
      amount: fc.constantFrom('1', '2', '3'),
    });
  const lines = fc
    .tuple(line('k1'), line('k2'), line('k3'))
    .chain((all) => fc.subarray(all).chain((some) => fc.shuffledSubarray(some, { minLength: some.length })));
  const record = fc.record({
    customer: fc.constant({ entity: 'customer', id: 'c1' }),
    date: value,
    dueDate: value,
    lines,
  }) as unknown as fc.Arbitrary<Fields>;

  it('one side unchanged gives exactly the other side', () => {
    fc.assert(
      fc.property(record, record, (before, after) => {
        for (const [app, ledger] of [
          [after, before],
          [before, after],
        ] as const) {
          const { merged, conflicts } = mergeFields(invoice, before, app, ledger, rules());
          expect(conflicts).toEqual([]);
          expect(hashFields(invoice, merged)).toBe(hashFields(invoice, after));
        }
      }),
    );
  });

  it('does not depend on which side is which', () => {
    fc.assert(
      fc.property(record, record, record, (before, a, b) => {
        const one = mergeFields(invoice, before, a, b, rules());
        const two = mergeFields(invoice, before, b, a, rules());
        const paths = (merge: typeof one) => merge.conflicts.map((conflict) => conflict.path).sort();
        expect(paths(one)).toEqual(paths(two));
      }),
    );
  });

  it('loses no edit: every change of a side is in the result, or decided, or raised', () => {
    fc.assert(
      fc.property(record, record, record, (before, a, b) => {
        const { merged, conflicts, decisions } = mergeFields(invoice, before, a, b, rules());
        const explained = [...conflicts, ...decisions].map((entry) => entry.path);
        for (const change of [...diffFields(invoice, before, a), ...diffFields(invoice, before, b)]) {
          // An order of lines that are gone on the other side is no edit to keep.
          if (change.path.endsWith('.$order')) continue;
          const isThere = !diffFields(invoice, merged, before).every((left) => left.path !== change.path);
          const told = explained.some((path) => change.path.startsWith(path) || path.startsWith(change.path));
          expect(isThere || told).toBe(true);
        }
      }),
    );
  });

  it('is idempotent: merging the result again changes nothing', () => {
    fc.assert(
      fc.property(record, record, record, (before, a, b) => {
        const { merged, conflicts } = mergeFields(invoice, before, a, b, rules());
        fc.pre(conflicts.length === 0);
        const again = mergeFields(invoice, merged, merged, merged, rules());
        expect(again.decisions).toEqual([]);
        expect(hashFields(invoice, again.merged)).toBe(hashFields(invoice, merged));
      }),
    );
  });
});
