import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startPostgres } from '../../support/postgres';
import { median } from '../measure';
import { atLeast, type BenchResult, type BenchSuite } from '../result';

const RECORDS = 1_500;
const ROUNDS = 5;

export const durable: BenchSuite = {
  name: 'durable',
  about: 'An edited invoice brought from the app to the ledger, every step on disk, sides in the process',
  async run(progress) {
    const results: BenchResult[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-bench-'));
    try {
      progress('SQLite, one worker');
      const sqlite = { kind: 'sqlite', path: join(folder, 'store.sqlite') };
      results.push(atLeast('SQLite, one worker', 'per second', await rate(1, sqlite), 1_500));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const { stop, ...server } = await startPostgres();
    try {
      for (const [workers, goal] of [
        [1, 500],
        [4, 1_200],
      ] as const) {
        progress(`PostgreSQL, ${workers} worker${workers > 1 ? 's' : ''}`);
        const postgres = { kind: 'postgres', ...server, schema: `bench_${workers}` };
        const name = `PostgreSQL, ${workers} worker${workers > 1 ? 's' : ''}`;
        results.push(atLeast(name, 'per second', await rate(workers, postgres), goal));
      }
    } finally {
      await stop();
    }
    return results;
  },
};

/** Converges per second over all workers: each its own process, all starting a round together; the median round. */
async function rate(workers: number, store: object): Promise<number> {
  const children = Array.from({ length: workers }, (_, i) => startWorker(i, store));
  const rates: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(children.map((child) => child.line('ready')));
      const start = performance.now();
      await Promise.all(children.map((child) => child.go()));
      rates.push((RECORDS * workers) / ((performance.now() - start) / 1000));
    }
  } finally {
    for (const child of children) child.process.kill();
  }
  return median(rates);
}

interface Worker {
  process: ChildProcess;
  line(expected: string): Promise<void>;
  go(): Promise<void>;
}

function startWorker(index: number, store: object): Worker {
  const script = join(__dirname, '..', 'durableWorker.ts');
  const args = [
    '--import',
    'tsx',
    script,
    String(index),
    String(RECORDS),
    String(ROUNDS),
    JSON.stringify(store),
  ];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const stderr: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`A worker stopped: ${stderr.join('')}`);
    return value as string;
  };
  return {
    process: child,
    async line(expected) {
      const line = await next();
      if (line !== expected) throw new Error(`A worker said ${line} instead of ${expected}`);
    },
    async go() {
      child.stdin?.write('go\n');
      await next();
    },
  };
}
