import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ChunkRequest, ChunkResult } from '../chunk';
import type { Explanation } from '../replay';
import type { Schedule } from '../schedule/steps';
import { entryPoints, type Bundle } from './bundle';
import { scheduleNamed } from './kept';
import { transpile } from './transpile';

/** What is asked of a thread: an exported function of the bundle. */
export interface Call {
  file: string;
  name: string;
  args: readonly unknown[];
}

/** Modules that take the place of others; not answered. */
export type Replacement = Pick<Bundle, 'modules'>;

export type Answer = { result: unknown } | { error: string };

/** The thread failed, or gave no answer in time; it is of no further use. */
export class WorkerError extends Error {
  constructor(
    readonly kind: 'crash' | 'hang',
    message: string,
  ) {
    super(message);
    this.name = 'WorkerError';
  }
}

/** A chunk is done in seconds; what takes this long does not end. */
const CHUNK_LIMIT_MS = 120_000;
/** Shrinking runs a schedule many times over. */
const EXPLAIN_LIMIT_MS = 600_000;

const bootstrap = () => transpile('thread.ts', readFileSync(join(__dirname, 'thread.ts'), 'utf8')).js;

/** A thread that runs the simulation; one call at a time. */
export class SimulationWorker {
  private readonly thread: Worker;
  private settle: ((answer: Answer | WorkerError) => void) | null = null;
  private broken: WorkerError | null = null;

  constructor(private bundle: Bundle) {
    this.thread = new Worker(bootstrap(), { eval: true, workerData: bundle, execArgv: [] });
    this.thread.on('message', (answer: Answer) => this.finish(answer));
    this.thread.on('messageerror', (error) => this.fail('crash', error.message));
    this.thread.on('error', (error) =>
      this.fail('crash', error instanceof Error ? error.message : String(error)),
    );
    this.thread.on('exit', (code) => this.fail('crash', `The worker thread ended with code ${code}`));
  }

  get isBroken(): boolean {
    return this.broken !== null;
  }

  /** Goes on with another bundle of the same modules: only what differs is loaded anew. */
  use(bundle: Bundle): void {
    const before = this.bundle.modules;
    const modules = Object.fromEntries(
      Object.entries(bundle.modules).filter(([file, module]) => module !== before[file]),
    );
    this.bundle = bundle;
    const message: Replacement = { modules };
    this.thread.postMessage(message);
  }

  runChunk(request: ChunkRequest): Promise<ChunkResult> {
    return this.call('runChunk', [request], CHUNK_LIMIT_MS) as Promise<ChunkResult>;
  }

  runKept(schedules: readonly Schedule[], flaws: readonly string[]): Promise<ChunkResult> {
    return this.call('runKept', [schedules, flaws], CHUNK_LIMIT_MS) as Promise<ChunkResult>;
  }

  explain(token: string, flaws: readonly string[]): Promise<Explanation> {
    return this.call(
      'explain',
      [scheduleNamed(token), token, flaws],
      EXPLAIN_LIMIT_MS,
    ) as Promise<Explanation>;
  }

  async close(): Promise<void> {
    this.broken ??= new WorkerError('crash', 'The worker thread was stopped');
    await this.thread.terminate();
  }

  private async call(
    name: keyof typeof entryPoints,
    args: readonly unknown[],
    limitMs: number,
  ): Promise<unknown> {
    if (this.broken) throw this.broken;
    const timer = setTimeout(
      () => this.fail('hang', `${name} gave no answer within ${limitMs / 1000} s`),
      limitMs,
    );
    const answer = await new Promise<Answer | WorkerError>((resolve) => {
      this.settle = resolve;
      const call: Call = { file: entryPoints[name], name, args };
      this.thread.postMessage(call);
    });
    clearTimeout(timer);
    if (answer instanceof WorkerError) throw answer;
    if ('error' in answer) throw new WorkerError('crash', answer.error);
    return answer.result;
  }

  private finish(answer: Answer | WorkerError): void {
    this.settle?.(answer);
    this.settle = null;
  }

  private fail(kind: WorkerError['kind'], message: string): void {
    this.broken ??= new WorkerError(kind, message);
    this.finish(this.broken);
  }
}
