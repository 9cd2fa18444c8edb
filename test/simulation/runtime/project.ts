import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** The project's folder; files are named by their path below it, with forward slashes. */
export const projectRoot = resolve(__dirname, '../../..');

/** The commit that a result belongs to. */
export function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
