import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { beforeExit } from './signals';

/** Settings of the user's npm that an install elsewhere should follow; the rest belong to the running script. */
const keptNpmSettings =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile|ca|strict_ssl|@.*)$/i;

export interface NpmRun {
  readonly cwd: string;
  /** The Node that npm and the scripts it starts run on. */
  readonly node: string;
  /** Everything npm prints goes here. */
  readonly logFile: string;
  /** Called every few seconds with the seconds passed. */
  readonly onTick: (elapsedSeconds: number) => void;
}

/** Runs npm as if it had been started from a plain shell; rejects with the end of its output. */
export async function runNpm(args: readonly string[], run: NpmRun): Promise<void> {
  const [command, ...prefix] = npmCommand(run.node);
  const started = Date.now();
  const output = openSync(run.logFile, 'w');
  const ticker = setInterval(() => run.onTick(Math.round((Date.now() - started) / 1000)), 5000);
  const child = spawn(command, [...prefix, ...args], {
    cwd: run.cwd,
    env: npmEnvironment(run.node),
    stdio: ['ignore', output, output],
  });
  const forget = beforeExit(() => void child.kill('SIGKILL'));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (code !== 0) {
      throw new Error(`npm ${args.join(' ')} stopped with ${code}:\n${lastLines(run.logFile, 20)}`);
    }
  } finally {
    forget();
    clearInterval(ticker);
    closeSync(output);
  }
}

/** The npm that started us, if one did; else the one on the path. */
function npmCommand(node: string): [string, ...string[]] {
  const running = process.env['npm_execpath'];
  if (running && /npm-cli\.c?js$/.test(running)) return [node, running];
  return ['npm'];
}

function npmEnvironment(node: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    const disturbs = /^(npm_|INIT_CWD$|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|JEST_)/i.test(name);
    if (!disturbs || keptNpmSettings.test(name)) env[name] = value;
  }
  env['PATH'] = [dirname(node), process.env['PATH']].filter(Boolean).join(delimiter);
  return env;
}

/** The last lines of a text file, or an empty string if there is none. */
export function lastLines(file: string, count: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
