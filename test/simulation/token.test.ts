import { formatToken, GENERATOR, parseToken } from './token';

describe('the seed of a schedule', () => {
  it('reads back as it was written', () => {
    const token = { seed: 123456789, index: 9_999_999, boost: 2 ** 29 + 5 };
    expect(parseToken(formatToken(token))).toEqual(token);
  });

  it('says so when another version of the generator made it', () => {
    expect(() => parseToken(`g${GENERATOR + 1}-1-2-0`)).toThrow(
      `was made by version ${GENERATOR + 1} of the generator, this is version ${GENERATOR}`,
    );
  });

  it.each(['', '12', 'g1-1-2', 'g1--1-2-0', 'x1-1-2-0', 'g1-1-2-0 '])(
    'refuses "%s", showing what it looks like',
    (text) => {
      expect(() => parseToken(text)).toThrow(/is no seed of a schedule; they look like g\d+-1-4711-0/);
    },
  );
});
