import type { Profile } from '../twin/profile';
import { enumerate, type Enumerated, type Failure } from './enumerate';
import { questions } from './questions';
import { reportOf } from './report';

/** A claim, a read of what there is, a settlement: no path does with less. */
const FEWEST_CALLS = 8;
const TIMEOUT_MS = 600_000;

/** What an enumeration must have reached, lest it becomes empty unnoticed. */
export interface Extent {
  paths: number;
  cases: number;
}

const isFull = process.env['EXHAUSTIVE'] === 'full';

/** The tests of one ledger; EXHAUSTIVE=full also plays what only repeats other cases. */
export function describeLedger(ledger: Profile, atLeast: Extent): void {
  describe(`every fault at every await, with ${ledger.name}`, () => {
    const paths: Enumerated[] = [];
    const failures: Failure[] = [];
    /** Cases by what is asked. */
    const asked = new Map<string, Failure[]>();

    const sortOut = ({ scene, ...found }: Enumerated): void => {
      failures.push(...found.failures);
      for (const [question, cases] of found.asked) {
        const open = cases.map(
          (each): Failure => ({ scene, case: each, complaints: [`somebody is asked: ${question}`] }),
        );
        asked.set(question, [...(asked.get(question) ?? []), ...open]);
      }
    };

    beforeAll(async () => {
      for await (const found of enumerate(ledger, { isFull })) {
        paths.push(found);
        sortOut(found);
      }
    }, TIMEOUT_MS);

    it('ends as it does when nothing goes wrong', async () => {
      expect(await reportOf(failures)).toBe('');
    });

    it('asks people only what nobody else can tell', async () => {
      const allowed = new Map(
        (questions[ledger.name] ?? []).map(({ asks, atMost }) => [asks, isFull ? Infinity : atMost]),
      );
      const tooMany = [...asked].filter(([question, cases]) => cases.length > (allowed.get(question) ?? 0));
      const counts = tooMany.map(([question, cases]) => `${question}: ${cases.length}`).join(', ');
      const report = await reportOf(tooMany.flatMap(([, cases]) => cases));
      expect(counts + report).toBe('');
    });

    it('leaves nothing out', () => {
      const short = paths.filter(({ calls, cases }) => calls < FEWEST_CALLS || cases < 4 * calls);
      expect(short.map(({ scene }) => `${scene.path.entity}: ${scene.path.name}`)).toEqual([]);
      expect(paths.length).toBeGreaterThanOrEqual(atLeast.paths);
      expect(paths.reduce((sum, { cases }) => sum + cases, 0)).toBeGreaterThanOrEqual(atLeast.cases);
    });
  });
}
