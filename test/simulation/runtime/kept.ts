import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Schedule } from '../schedule/steps';
import { scheduleOf } from '../schedule/generate';
import { keptToken, parseToken } from '../token';

/** A schedule that has shown a defect once, and what that was; see the CHANGELOG. */
export interface KeptSchedule extends Schedule {
  name: string;
}

/** Played with every test, and against planted bugs that chance meets seldom. */
export const keptSchedules: readonly KeptSchedule[] = readFileSync(
  join(__dirname, '..', 'regressions.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as KeptSchedule);

/** The schedule that a token names, one that was kept or one of the generator's; throws an Error for people. */
export function scheduleNamed(token: string): Schedule {
  const kept = keptSchedules.find((_, at) => keptToken(at + 1) === token);
  return kept ?? scheduleOf(parseToken(token));
}
