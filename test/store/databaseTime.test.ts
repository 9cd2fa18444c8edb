import { databaseTime } from '../../shared/store/postgres/time';

describe('the time of a shared database', () => {
  let local = 0;
  let theirs = 0;
  /** How long an answer takes, there and back. */
  let roundTrip = 0;
  let asked = 0;
  let isDown = false;
  const ask = async () => {
    asked++;
    if (isDown) throw new Error('connection refused');
    local += roundTrip / 2;
    const answer = local + theirs;
    local += roundTrip / 2;
    return answer;
  };
  const passMinutes = (minutes: number) => (local += minutes * 60_000);
  const answered = () => new Promise(setImmediate);
  beforeEach(() => {
    [local, theirs, roundTrip, asked, isDown] = [1e12, 0, 4, 0, false];
  });

  it('is one’s own where that is right, and the database’s where it is not', async () => {
    theirs = 900;
    const right = await databaseTime(ask, () => local);
    expect(right()).toBe(local);
    for (theirs of [300_000, -300_000]) {
      const wrong = await databaseTime(ask, () => local);
      expect(wrong()).toBe(local + theirs);
    }
  });

  it('does not take a slow answer for a wrong clock', async () => {
    [theirs, roundTrip] = [0, 20_000];
    const now = await databaseTime(
      async () => (await ask()) - 10_000,
      () => local,
    );
    expect(now()).toBe(local);
  });

  it('follows a clock that is set right, and keeps the last answer while nobody answers', async () => {
    theirs = 300_000;
    const now = await databaseTime(ask, () => local);
    for (let i = 0; i < 5; i++) now();
    expect(asked).toBe(1);
    isDown = true;
    passMinutes(1);
    now();
    await answered();
    expect(now()).toBe(local + 300_000);
    [isDown, theirs] = [false, 0];
    passMinutes(1);
    now();
    await answered();
    expect(now()).toBe(local);
    expect(asked).toBe(3);
  });

  it('says when the database cannot be asked at all', async () => {
    isDown = true;
    await expect(databaseTime(ask, () => local)).rejects.toThrow('connection refused');
  });
});
