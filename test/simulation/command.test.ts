import { simulate } from './support/command';
import { GENERATOR } from './token';

/** Each starts processes that compile and play: on a slow machine, more than a test is given otherwise. */
jest.setTimeout(240_000);

describe('npm run simulate', () => {
  it.each([
    [['--schedule', '5'], /--schedule\b.*--schedules/s],
    [['--schedules', 'many'], /--schedules/],
    [['--replay'], /--replay/],
    [['--mutants', '--only', 'no-such-bug'], /no-such-bug/],
    [['--replay', 'abc'], /is no seed of a schedule; they look like/],
    [['--replay', `g${GENERATOR + 1}-1-1-0`], /version \d+ of the generator/],
  ])('refuses %j, saying what is valid', async (args, message) => {
    const { code, out, err } = await simulate(...args);
    expect(code).toBe(2);
    expect(out + err).toMatch(message);
    expect(out + err).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('replays one schedule for people to read', async () => {
    const { code, out } = await simulate('--replay', `g${GENERATOR}-1-7-0`);
    expect(code).toBe(0);
    expect(out).toMatch(/worker-1/);
  });

  it('finds a planted bug, names the promise, shrinks it and says how to replay it', async () => {
    const { code, out, err } = await simulate('--mutants', '--only', 'create-without-look-up', '--json');
    expect(code).toBe(0);
    const [, promise, token] = /caught .* by (.*) \(.*(g\d+-\d+-\d+-[0-9a-z]+)/.exec(out + err) ?? [];
    const again = await simulate('--replay', token ?? 'none found', '--mutant', 'create-without-look-up');
    expect(again.code).toBe(1);
    expect(again.out).toContain(`${promise}: `);
    expect(again.out).toMatch(/Shrunk to \d+ of \d+ steps/);
  });
});
