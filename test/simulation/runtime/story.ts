import type { Violation } from '../chunk';
import type { Explanation } from '../replay';

/** The schedule as it went, for people; without steps that do not matter where it could be shrunk. */
export function shortStory({ violations, trace, shrunk }: Explanation): string {
  if (!shrunk) return `${listed(trace)}${violations.map(sentence).join('')}`;
  const { steps, of, trace: short, violations: found } = shrunk;
  return `Shrunk to ${steps} of ${of} steps:\n${listed(short)}${found.map(sentence).join('')}`;
}

export const listed = (trace: readonly string[]): string => trace.map((line) => `  ${line}\n`).join('');

export const sentence = ({ invariant, message }: Violation): string => `${invariant}: ${message}\n`;

/** The command that plays a schedule again. */
export const replayCommand = (token: string, mutant: string | null = null): string =>
  `npm run simulate -- --replay ${token}${mutant === null ? '' : ` --mutant ${mutant}`}`;

export const grouped = (count: number): string => count.toLocaleString('en-US');
