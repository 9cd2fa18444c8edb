import { openStore, type OpenStore } from '../../../shared/store';
import { systemRandom } from '../../../shared/system';
import { aConnection } from '../../support/connection';
import { median } from '../measure';
import { below, compared, type BenchResult, type BenchSuite } from '../result';
import { Converging } from '../scale/converging';
import { onEach, type Database } from '../scale/databases';
import { writeHistory } from '../scale/history';
import { looks, ofQueue } from '../scale/looks';

const [SMALL, LARGE] = [1_000, 1_000_000];
const EVENTS_PER_LINK = 2;
const TIMES = 50;
const ROUNDS = 9;
const GOAL_MS = 20;

type Progress = (text: string) => void;

export const scale: BenchSuite = {
  name: 'scale',
  about:
    'What runs for each page, look and record, with a million links and two million events beside a thousand',
  run: async (progress) =>
    await onEach(
      async (database) => await measure(database, (text) => progress(`${database.name}, ${text}`)),
    ),
};

async function measure(database: Database, progress: Progress): Promise<BenchResult[]> {
  const small = await storeOf(database, 'small', SMALL, progress);
  const large = await storeOf(database, 'large', LARGE, progress);
  try {
    const results: BenchResult[] = [];
    const look = async (what: string, name: string, connectionId: string): Promise<void> => {
      const take = async (store: OpenStore) => await timesOf(() => looks[name]!(store, connectionId));
      const reference = { name: 'a thousand links', times: await take(small) };
      results.push(below(`${database.name}, ${name}${what}`, 'ms', await take(large), GOAL_MS, reference));
    };
    progress('looking');
    for (const name of Object.keys(looks)) await look('', name, 'history');
    for (const name of ofQueue) await look(', a million due', name, 'backlog');
    progress('converging');
    results.push(await converge(database.name, small, large));
    return results;
  } finally {
    await small.close();
    await large.close();
  }
}

/** One company whose records are all settled, and one whose records are all due. */
async function storeOf(
  { at }: Database,
  name: string,
  links: number,
  progress: Progress,
): Promise<OpenStore> {
  const { location, fill } = at(name);
  const store = await openStore({ ...location, random: systemRandom });
  for (const id of ['history', 'backlog']) {
    await store.connections.create(aConnection(id));
  }
  const filling = await fill();
  const tell: Progress = (text) => progress(`${name} store: ${text}`);
  await writeHistory(
    filling,
    { connectionId: 'history', links, eventsPerLink: EVENTS_PER_LINK, due: false },
    tell,
  );
  await writeHistory(filling, { connectionId: 'backlog', links, eventsPerLink: 1, due: true }, tell);
  await filling.finish();
  return store;
}

async function timesOf(look: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const start = performance.now();
    await look();
    times.push(performance.now() - start);
  }
  return times;
}

/** Rounds take turns, so that both stores see the same machine. */
async function converge(name: string, small: OpenStore, large: OpenStore): Promise<BenchResult> {
  const [few, many] = [new Converging(small, 'history'), new Converging(large, 'history')];
  await few.prepare();
  await many.prepare();
  const times: { few: number[]; many: number[] } = { few: [], many: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.few.push(await few.round());
    times.many.push(await many.round());
  }
  const reference = { name: 'a thousand links', value: median(times.few) };
  return compared(`${name}, converge`, 'ms', median(times.many), reference, 1.3);
}
