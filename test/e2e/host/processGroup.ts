import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeExit } from './signals';

export interface GroupCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Output is appended here. */
  readonly logFile: string;
  /** Remembers the group, so that the next start can end what a cut-off run has left behind. */
  readonly pidFile: string;
}

/** A process and all it starts, which are stopped and killed together. */
export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #pidFile: string;
  readonly #forget: () => void;

  private constructor(child: ChildProcess, pidFile: string) {
    this.#child = child;
    this.#pidFile = pidFile;
    this.#forget = beforeExit(() => this.#signal('SIGKILL'));
  }

  static start(options: GroupCommand): ProcessGroup {
    endLeftover(options);
    const output = openSync(options.logFile, 'a');
    const child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', output, output],
      detached: true,
    });
    closeSync(output);
    const group = new ProcessGroup(child, options.pidFile);
    child.once('error', () => {});
    child.once('exit', () => group.#signal('SIGKILL'));
    if (child.pid !== undefined) writeFileSync(options.pidFile, String(child.pid));
    return group;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks the process to end, and kills whatever of the group is left after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (this.running) {
      this.#child.kill('SIGTERM');
      await Promise.race([once(this.#child, 'exit'), sleep(graceMs, undefined, { ref: false })]);
    }
    await this.kill();
  }

  /** Ends the whole group at once, as a power cut would. */
  async kill(): Promise<void> {
    const exited = this.running ? once(this.#child, 'exit') : undefined;
    this.#signal('SIGKILL');
    await exited;
    rmSync(this.#pidFile, { force: true });
    this.#forget();
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, signal);
  }
}

/** Kills the group that an earlier run left running, if the pid still belongs to the very same command. */
function endLeftover({ pidFile, args }: GroupCommand): void {
  let pid = 0;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch {
    return;
  }
  if (!Number.isInteger(pid) || pid <= 1) return;
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  if (stdout?.trim().endsWith(args.join(' '))) signalGroup(pid, 'SIGKILL');
  rmSync(pidFile, { force: true });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
