import fc from 'fast-check';
import { withLineIds } from '../../shared/app/lineIds';
import { entityNamed } from '../../shared/schema/entities';
import type { Fields, FieldSpec } from '../../shared/schema/entity';

const spec = entityNamed('invoice').fields.find(({ name }) => name === 'lines') as FieldSpec;

/** As plainly as it can be said, in quadratic time. */
function plainly(lines: readonly unknown[], stored: readonly Fields[], newId: () => string): unknown[] {
  const free = stored.filter(
    (line) => !lines.some((candidate) => (candidate as Fields | null)?.['id'] === line['id']),
  );
  const named = lines.map((line) => {
    if (typeof line !== 'object' || line === null || typeof (line as Fields)['id'] === 'string') return line;
    const { id: _none, ...data } = line as Fields;
    const at = free.findIndex((candidate) => saysTheSame(candidate, data));
    return at < 0 ? data : { id: free.splice(at, 1)[0]?.['id'] as string, ...data };
  });
  return named.map((line, i) => {
    if (typeof line !== 'object' || line === null || (line as Fields)['id'] !== undefined) return line;
    const inPlace = free.find((candidate) => stored.indexOf(candidate) === i);
    if (inPlace) free.splice(free.indexOf(inPlace), 1);
    return { ...(line as Fields), id: inPlace?.['id'] ?? newId() };
  });
}

function saysTheSame(stored: Fields, posted: Fields): boolean {
  return spec.members.every(
    (member) =>
      JSON.stringify(stored[member.name] ?? null) === JSON.stringify(posted[member.name] ?? null) ||
      (member.required === true && posted[member.name] === undefined),
  );
}

const counter = () => {
  let count = 0;
  return () => `new-${++count}`;
};

const content = {
  description: fc.constantFrom('A', 'B', null, undefined),
  quantity: fc.constantFrom('1', null, undefined),
  item: fc.constantFrom({ entity: 'item', id: '1' }, null, undefined),
};
const amounts = fc.constantFrom('1', '2');
const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const stored = fc.uniqueArray(fc.record({ id: ids, amount: amounts, ...content }), {
  maxLength: 6,
  selector: ({ id }) => id,
});
const posted = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ ...content, amount: fc.option(amounts, { nil: undefined }) }) },
    { weight: 4, arbitrary: fc.record({ id: ids, amount: amounts, ...content }) },
    { weight: 1, arbitrary: fc.record({ id: fc.constantFrom(7, null), amount: amounts }) },
    { weight: 1, arbitrary: fc.constantFrom(null, 'text', 5) },
  ),
  { maxLength: 7 },
);

describe('lines that are posted without ids', () => {
  it('get the same ones as by comparing every line with every other', () => {
    fc.assert(
      fc.property(posted, stored, (lines, before) => {
        expect(withLineIds(spec, lines, before as Fields[], counter())).toEqual(
          plainly(lines, before as Fields[], counter()),
        );
      }),
      { numRuns: 5_000 },
    );
  });
});
