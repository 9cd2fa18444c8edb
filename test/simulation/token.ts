/**
 * Version of the generator. A seed means a schedule only together with it: raise it with every change of
 * schedule/ that makes the same seed play something else (schedule/generate.test.ts notices).
 */
export const GENERATOR = 6;

/** What names one schedule: the seed of its run, its number in it, and what steering asked for. */
export interface Token {
  seed: number;
  index: number;
  /** Bits of `topics`: what had been reached too rarely when its turn came. */
  boost: number;
}

export const formatToken = ({ seed, index, boost }: Token): string =>
  `g${GENERATOR}-${seed}-${index}-${boost.toString(36)}`;

/** Throws an Error with a sentence for people: malformed, or made by another version of the generator. */
export function parseToken(text: string): Token {
  const { generator, ...token } = partsOf(text);
  if (generator !== GENERATOR) {
    throw new Error(
      `${text} was made by version ${generator} of the generator, this is version ${GENERATOR}: check out the ` +
        'commit it was found with to replay it',
    );
  }
  return token;
}

/** What a token says, whatever version of the generator has made it: a schedule that was kept is still played. */
export function partsOf(text: string): Token & { generator: number } {
  const match = /^g(\d+)-(\d+)-(\d+)-([0-9a-z]+)$/.exec(text);
  if (!match) throw new Error(`"${text}" is no seed of a schedule; they look like ${formatToken(example)}`);
  const [, generator, seed, index, boost] = match as unknown as [string, string, string, string, string];
  return {
    generator: Number(generator),
    seed: Number(seed),
    index: Number(index),
    boost: Number.parseInt(boost, 36),
  };
}

/** What names a schedule that was kept, by its line in regressions.jsonl. */
export const keptToken = (line: number): string => `kept-${line}`;

const example: Token = { seed: 1, index: 4711, boost: 0 };
