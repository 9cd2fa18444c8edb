import fc from 'fast-check';
import { entityNamed } from '../../shared/schema/entities';
import type { Fields, FieldSpec } from '../../shared/schema/entity';
import { sameElement, sameValue } from '../../shared/sync/compare';
import { adoptLines } from '../../shared/sync/lines';
import { mergeOrder } from '../../shared/sync/merge/order';
import type { MergeRules } from '../../shared/sync/merge/rules';
import { ValueMerger } from '../../shared/sync/merge/value';

const invoice = entityNamed('invoice');
const spec = invoice.fields.find(({ name }) => name === 'lines') as FieldSpec;

/** Line matching as plainly as it can be said: every line is compared with every other. */
function adoptPlainly(
  known: readonly Fields[],
  theirs: readonly Fields[],
  by: 'content' | 'likeness' | 'place',
): Fields[] {
  const theirKeys = new Set(theirs.map(({ id }) => id));
  const knownKeys = new Set(known.map(({ id }) => id));
  const free = known.filter(({ id }) => !theirKeys.has(id));
  const renamed = new Map<unknown, unknown>();
  const unmatched = theirs
    .filter(({ id }) => !knownKeys.has(id))
    .filter((stranger) => {
      const at = free.findIndex((candidate) => agrees(candidate, stranger));
      if (at < 0) return true;
      renamed.set(stranger['id'], free.splice(at, 1)[0]?.['id']);
      return false;
    });
  if (by !== 'content') {
    const taken = new Set<Fields>();
    const pairs = unmatched.flatMap((stranger) =>
      free.map((line) => ({ stranger, line, score: alike(stranger, line) })),
    );
    for (const { stranger, line, score } of pairs.sort((a, b) => b.score - a.score)) {
      if (score === 0 || renamed.has(stranger['id']) || taken.has(line)) continue;
      renamed.set(stranger['id'], line['id']);
      taken.add(line);
    }
    const rest = free.filter((line) => !taken.has(line));
    for (const { id } of by === 'place' ? unmatched : []) {
      const line = renamed.has(id) ? undefined : rest.shift();
      if (line) renamed.set(id, line['id']);
    }
  }
  return theirs.map((line) =>
    renamed.has(line['id']) ? { ...line, id: renamed.get(line['id']) as string } : line,
  );
}

const agrees = (a: Fields, b: Fields): boolean =>
  sameElement(
    { ...spec, members: spec.members.filter((m) => a[m.name] !== undefined && b[m.name] !== undefined) },
    a,
    b,
  );

const alike = (a: Fields, b: Fields): number =>
  spec.members.filter(({ name }) => (a[name] ?? null) !== null && sameValue(a[name], b[name])).length;

const line = (ids: readonly string[]) =>
  fc.record(
    {
      id: fc.constantFrom(...ids),
      description: fc.constantFrom('A', 'B', null),
      amount: fc.constantFrom('1', '2'),
      quantity: fc.constantFrom('1', null),
      item: fc.constantFrom({ entity: 'item', id: '1' }, { entity: 'item', id: '2' }, null),
    },
    { requiredKeys: ['id'] },
  );
const linesOf = (ids: readonly string[]) =>
  fc.uniqueArray(line(ids), { maxLength: 7, selector: ({ id }) => id }) as fc.Arbitrary<Fields[]>;

describe('lines that a side has under other ids', () => {
  it.each(['content', 'likeness', 'place'] as const)(
    'are recognised by %s as by comparing each with each',
    (by) => {
      const known = linesOf(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
      const theirs = linesOf(['a', 'b', 'c', 'r', 's', 't', 'u', 'v']);
      fc.assert(
        fc.property(known, theirs, (before, after) => {
          const adopted = adoptLines(invoice, { lines: before }, { lines: after }, by);
          expect(adopted['lines']).toEqual(adoptPlainly(before, after, by));
        }),
        { numRuns: 3_000 },
      );
    },
  );
});

const rules: MergeRules = {
  verdict: () => ({ winner: 'app', by: 'policy' }),
  refusal: () => null,
  uncertain: null,
  isOpen: () => false,
};

describe('2000 lines that were all replaced by 2000 others', () => {
  it('take no time to speak of to compare and to put in order', () => {
    const many = (word: string): Fields[] =>
      Array.from({ length: 2000 }, (_, i) => ({
        id: `${word}${i}`,
        description: `${word} ${i}`,
        amount: '1',
      }));
    const [known, theirs] = [{ lines: many('old') }, { lines: many('new') }];
    const keys = (word: string) => many(word).map(({ id }) => id as string);
    const work = () => {
      adoptLines(invoice, known, theirs, 'content');
      mergeOrder(new ValueMerger(false, rules), spec, keys('old'), keys('app'), keys('new'));
    };
    work();
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    // Each with each took seconds.
    expect((user + system) / 1000).toBeLessThan(300);
  });
});

/** Each key that the backbone lacks is put behind the nearest one before it that is there. */
function interleavePlainly(backbone: readonly string[], other: readonly string[]): string[] {
  const result = [...backbone];
  other.forEach((key, i) => {
    if (result.includes(key)) return;
    const before = other.slice(0, i).findLast((candidate) => result.includes(candidate));
    result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, key);
  });
  return result;
}

describe('the order of lines', () => {
  it('is the one of the side that moved some, with the others’ lines behind what they followed', () => {
    const keys = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 8 });
    fc.assert(
      fc.property(keys, keys, keys, (base, app, ledger) => {
        const common = base.filter((key) => app.includes(key) && ledger.includes(key));
        const sequence = (side: string[]) => side.filter((key) => common.includes(key)).join();
        const isMovedByLedger = sequence(app) === sequence(base) && sequence(ledger) !== sequence(base);
        const order = mergeOrder(new ValueMerger(false, rules), spec, base, app, ledger);
        expect(order).toEqual(
          isMovedByLedger ? interleavePlainly(ledger, app) : interleavePlainly(app, ledger),
        );
      }),
      { numRuns: 3_000 },
    );
  });
});
