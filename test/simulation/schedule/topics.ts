/**
 * What a schedule may be about. Each schedule draws the weights of a few anew (so that not all are alike), and
 * steering raises those that came up too rarely; the order is part of the generator's version.
 */
export const topics = [
  'add',
  'edit',
  'clear',
  'lines',
  'refer',
  'pay',
  'remove',
  'merge',
  'twin',
  'forge',
  'crash',
  'answer_lost',
  'answer_late',
  '5xx',
  'rate_limit',
  'revoked',
  'stale_read',
  'refused',
  'meanwhile',
  'together',
  'sweep',
  'wait',
  'decide',
  'policy',
  'budget',
  'credit_note',
  'payment',
  'item',
  'exotic',
  'lossy',
  'outage',
  'back',
  'reopen',
] as const;

export type Topic = (typeof topics)[number];

export const boostOf = (wanted: readonly Topic[]): number =>
  wanted.reduce((bits, topic) => bits + 2 ** topics.indexOf(topic), 0);

export const isBoosted = (boost: number, topic: Topic): boolean =>
  Math.floor(boost / 2 ** topics.indexOf(topic)) % 2 === 1;
