import { traceOf, type Failure } from './enumerate';

/** So many failures are told with their whole story, so many others by name. */
const STORIES = 3;
const NAMES = 40;

const titleOf = ({ scene: { path, ledger }, case: { label } }: Failure): string =>
  `${ledger.name} | ${path.entity}: ${path.name} | ${label}`;

/** What a developer needs to see what is broken; empty when nothing is. */
export async function reportOf(failures: readonly Failure[]): Promise<string> {
  if (failures.length === 0) return '';
  const parts = [`${failures.length} cases went wrong`];
  for (const failure of failures.slice(0, STORIES)) {
    const story = (await traceOf(failure)).map((line) => `    ${line}`);
    parts.push([titleOf(failure), ...failure.complaints.map((each) => `  ${each}`), ...story].join('\n'));
  }
  const others = failures.slice(STORIES, STORIES + NAMES);
  if (others.length > 0)
    parts.push(others.map((failure) => `${titleOf(failure)}: ${failure.complaints[0] ?? ''}`).join('\n'));
  return parts.join('\n\n');
}
