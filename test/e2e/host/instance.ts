import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { n8nEnvironment } from './environment';
import { ensureN8nHost } from './install';
import { lastLines } from './npm';
import { placePack } from './pack';
import { freePort } from './ports';
import { ProcessGroup } from './processGroup';

export interface N8nOptions {
  /** Holds everything of this instance; start again with the same folder to go on where it stopped. */
  readonly userFolder: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** The built pack to load: a folder with its package.json. */
  readonly packageDir: string;
  /** Set over the harness's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told about the install and the start, line by line. */
  readonly log?: (line: string) => void;
  /** How long a start may take (default 180 000; a first start migrates its database). */
  readonly startTimeoutMs?: number;
}

/** A real n8n of its own, which can be stopped, killed and started again on the same data and port. */
export interface N8nInstance {
  /** http://localhost:<port>, without a slash at the end. */
  readonly url: string;
  readonly userFolder: string;
  readonly logFile: string;
  /** How long the latest start took until n8n answered. */
  readonly startedInMs: number;
  readonly running: boolean;
  /** Lets n8n end by itself (SIGTERM), then ends what is left of it. */
  stop(): Promise<void>;
  /** Ends n8n and its task runners at once (SIGKILL). */
  kill(): Promise<void>;
  /** Stops n8n if it runs, and starts it again with the pack as it is now. */
  restart(): Promise<void>;
  /** What n8n has printed: all of it, or the last lines. */
  logs(lines?: number): string;
}

const stopGraceMs = 30_000;

/** Starts n8n (installing it if need be) and returns once its REST API answers. */
export async function startN8n(options: N8nOptions): Promise<N8nInstance> {
  const log = options.log ?? (() => {});
  const host = await ensureN8nHost({ log });
  const userFolder = resolve(options.userFolder);
  mkdirSync(userFolder, { recursive: true });
  const port = options.port || (await freePort());
  const url = `http://localhost:${port}`;
  const logFile = join(userFolder, 'n8n.log');

  let group: ProcessGroup | undefined;
  let startedInMs = 0;

  async function start(): Promise<void> {
    placePack(options.packageDir, userFolder);
    // n8n would wait ten seconds where it finds that its last session was killed.
    rmSync(join(userFolder, '.n8n', 'crash.journal'), { force: true });
    const brokerPort = await freePort();
    const started = Date.now();
    log(`n8n: starting on ${url}`);
    group = ProcessGroup.start({
      command: host.node,
      args: [host.n8nScript, 'start'],
      cwd: userFolder,
      env: n8nEnvironment({ userFolder, port, brokerPort, url }, options.env ?? {}),
      logFile,
      pidFile: join(userFolder, 'n8n.pid'),
    });
    await untilReady(url, group, logFile, started + (options.startTimeoutMs ?? 180_000));
    startedInMs = Date.now() - started;
    log(`n8n: ready in ${(startedInMs / 1000).toFixed(1)} s`);
  }

  async function stop(): Promise<void> {
    await group?.stop(stopGraceMs);
  }

  await start();
  return {
    url,
    userFolder,
    logFile,
    get startedInMs() {
      return startedInMs;
    },
    get running() {
      return group?.running ?? false;
    },
    stop,
    kill: async () => await group?.kill(),
    restart: async () => {
      await stop();
      await start();
    },
    logs: (lines) => (lines === undefined ? readFileSync(logFile, 'utf8') : lastLines(logFile, lines)),
  };
}

/** n8n listens before it migrates, and answers pages before REST: readiness, then a REST call, tell it is up. */
async function untilReady(
  url: string,
  group: ProcessGroup,
  logFile: string,
  deadline: number,
): Promise<void> {
  for (;;) {
    if (!group.running) throw new Error(`n8n ended while it was starting:\n${lastLines(logFile, 30)}`);
    if ((await answers(`${url}/healthz/readiness`)) && (await answers(`${url}/rest/settings`))) return;
    if (Date.now() > deadline) {
      await group.kill();
      throw new Error(`n8n did not answer in time:\n${lastLines(logFile, 30)}`);
    }
    await sleep(200);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    await response.arrayBuffer();
    return response.ok && json;
  } catch {
    return false;
  }
}
