import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type OpenStore } from '../../../shared/store';
import { MemoryStore, storeFlaws, type StoreFlaw } from './memoryStore';
import { randomMoves } from './support/moves';
import { countingRandom, Observer } from './support/observe';

const SCHEDULES = Number(process.env['DIFFERENTIAL_SCHEDULES'] ?? 15);
const MOVES = 100;

describe('the store in memory and on SQLite', () => {
  let folder: string;
  let real: OpenStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'accounting-sync-twin-'));
    real = await openStore({ kind: 'sqlite', path: join(folder, 'store'), random: countingRandom() });
  });

  afterEach(async () => {
    await real.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const seeds = Array.from({ length: SCHEDULES }, (_, index) => index + 1);

  it.each(seeds)('answer alike, whatever is done (schedule %i)', async (seed) => {
    const expected = new Observer(real);
    const twin = new Observer(new MemoryStore({ random: countingRandom(), freeze: true }));
    await expected.begin();
    await twin.begin();
    for (const move of randomMoves(seed, MOVES)) {
      expect(await twin.play(move)).toBe(await expected.play(move));
    }
  });
});

describe('the flaws of the store in memory', () => {
  const showsWithin = async (flaw: StoreFlaw, schedules: number): Promise<boolean> => {
    for (let seed = 1; seed <= schedules; seed++) {
      const sound = new Observer(new MemoryStore({ random: countingRandom() }));
      const flawed = new Observer(new MemoryStore({ random: countingRandom(), flaws: new Set([flaw]) }));
      await sound.begin();
      await flawed.begin();
      for (const move of randomMoves(seed, MOVES)) {
        if ((await sound.play(move)) !== (await flawed.play(move))) return true;
      }
    }
    return false;
  };

  it.each(storeFlaws)('show: %s', async (flaw) => {
    expect(await showsWithin(flaw, 100)).toBe(true);
  });
});
