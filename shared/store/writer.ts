import { sql, type Kysely } from 'kysely';
import { StoreError, SyncError } from '../errors';
import type { Random } from '../ports';
import type { Database, Queries } from './database';
import type { Dialect } from './dialect';
import { toStoreError } from './errors';
import type { StoreLimits } from './options';

/** What a write operation works with, inside its transaction. */
export interface Transaction {
  readonly queries: Queries;
  /** Says that events may be due, once this is committed. */
  wake(): void;
}

export type Outcome<O> = { value: O } | { refused: SyncError };

/**
 * A write operation that takes many inputs at once. A refused input has written nothing; anything thrown undoes
 * the whole run, and each input is then tried alone.
 */
export interface Command<I, O> {
  readonly name: string;
  run(tx: Transaction, inputs: readonly I[]): Promise<Outcome<O>[]>;
  /** Inputs that share a subject never share a run. */
  subjects?(input: I): readonly string[];
  /** How much work an input is; as much as any other when absent. */
  weight?(input: I): number;
}

/** A command of one input. SyncErrors that it throws before it has written anything are its refusals. */
export function single<I, O>(name: string, run: (tx: Transaction, input: I) => Promise<O>): Command<I, O> {
  return {
    name,
    run: async (tx, inputs) => {
      const outcomes: Outcome<O>[] = [];
      for (const input of inputs) {
        try {
          outcomes.push({ value: await run(tx, input) });
        } catch (error) {
          if (!(error instanceof SyncError)) throw toDatabaseError(error);
          outcomes.push({ refused: error });
        }
      }
      return outcomes;
    },
  };
}

interface Job {
  command: Command<unknown, unknown>;
  input: unknown;
  /** When it was asked for, on the clock that nobody sets. */
  since: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface WriterOptions {
  kysely: Kysely<Database>;
  dialect: Dialect;
  random: Random;
  location: string;
  limits: StoreLimits;
  /** Starts a transaction. */
  begin: string;
  beforeCommit?: () => void;
  onWake(): void;
}

/** Bounds how long one commit holds the database, and how much is tried again after a fault. */
const MAX_JOBS = 128;
const MAX_WEIGHT = 128;
const MAX_RACES = 4;
const MAX_BACKOFF_MS = 250;

/**
 * Group commit: operations that arrive while a commit is in progress wait for each other and share the next
 * one, those of a kind merged into few statements. A promise resolves when its transaction is on disk.
 */
export class Writer {
  readonly #lanes = new Map<string, Lane>();
  #closed = false;

  constructor(private readonly options: WriterOptions) {}

  async run<I, O>(command: Command<I, O>, input: I): Promise<O> {
    if (this.#closed) throw new StoreError(`The store at ${this.options.location} is closed`);
    // With one writer there is one lane. Else kinds have their own: a transaction then takes all its locks in
    // one sorted go, so that two of them do not wait for each other.
    const name = this.options.dialect.singleWriter ? '' : command.name;
    let lane = this.#lanes.get(name);
    if (!lane) this.#lanes.set(name, (lane = new Lane(this.options)));
    return (await lane.push(command as Command<unknown, unknown>, input)) as O;
  }

  /** Refuses new work and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#lanes.values()].map(async (lane) => await lane.idle()));
  }
}

class Lane {
  #queue: Job[] = [];
  #running: Promise<void> | null = null;

  constructor(private readonly options: WriterOptions) {}

  async push(command: Command<unknown, unknown>, input: unknown): Promise<unknown> {
    if (this.#queue.length >= this.options.limits.queuedWrites)
      throw overloaded(this.options.location, 'has more waiting to be written than it can take');
    return await new Promise((resolve, reject) => {
      this.#queue.push({ command, input, since: performance.now(), resolve, reject });
      this.#running ??= this.#drain();
    });
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    while (true) {
      // One turn of the event loop lets everybody join who was woken by the last commit.
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#queue.length === 0) break;
      await this.#commit(this.#inTime(this.#queue.splice(0, fitting(this.#queue))));
    }
    this.#running = null;
  }

  /** Refuses the jobs that have waited for so long that nobody waits for them any more. */
  #inTime(jobs: Job[]): Job[] {
    const { limits, location } = this.options;
    const oldest = performance.now() - limits.queuedMs;
    for (const job of jobs) {
      if (job.since < oldest) job.reject(overloaded(location, 'did not come to it in time'));
    }
    return jobs.filter((job) => job.since >= oldest);
  }

  async #commit(jobs: Job[]): Promise<void> {
    if (jobs.length === 0) return;
    const { dialect, limits, location, random } = this.options;
    const start = performance.now();
    let together = true;
    for (let attempt = 1; ; attempt++) {
      try {
        const outcomes = await this.#attempt(jobs, together);
        for (const job of jobs) settle(job, outcomes.get(job), location);
        return;
      } catch (error) {
        const transient = dialect.isTransient(error);
        const blocked = dialect.isBlocked(error);
        // Silence may have taken all the time there is, and then a fresh connection deserves its chance.
        const inTime = performance.now() - start < limits.retryMs || (transient && attempt === 1);
        if (!transient && together && jobs.length > 1 && !(dialect.isRace(error) && attempt < MAX_RACES)) {
          together = false;
        } else if (transient || blocked ? inTime : dialect.isRace(error) && attempt < MAX_RACES) {
          await sleep(Math.min(MAX_BACKOFF_MS, 2 ** attempt) * (0.5 + random.next() / 2));
        } else {
          for (const job of jobs) job.reject(toStoreError(error, location, transient || blocked));
          return;
        }
      }
    }
  }

  /** Everything in one transaction: merged, or one after another, each undone alone when it fails. */
  async #attempt(jobs: Job[], together: boolean): Promise<Map<Job, Outcome<unknown>>> {
    const { begin, dialect, kysely, onWake } = this.options;
    const outcomes = new Map<Job, Outcome<unknown>>();
    let woken = false;
    await kysely.connection().execute(async (queries) => {
      const tx: Transaction = { queries, wake: () => (woken = true) };
      await sql.raw(begin).execute(queries);
      try {
        // Whoever is in the way has been waited for: now it is about the others.
        if (!together) await dialect.impatient?.execute(queries);
        for (const run of runsOf(jobs, together)) await this.#run(tx, run, together, outcomes);
      } catch (error) {
        await sql`rollback`.execute(queries).catch(() => undefined);
        throw toDatabaseError(error);
      }
      await this.#finish(queries);
    });
    if (woken) onWake();
    return outcomes;
  }

  async #run(tx: Transaction, run: Job[], together: boolean, outcomes: Map<Job, Outcome<unknown>>) {
    const { dialect, location } = this.options;
    const command = run[0]!.command;
    const inputs = run.map((job) => job.input);
    if (together) {
      const answers = await command.run(tx, inputs);
      run.forEach((job, index) => outcomes.set(job, answers[index]!));
      return;
    }
    await sql`savepoint one`.execute(tx.queries);
    try {
      outcomes.set(run[0]!, (await command.run(tx, inputs))[0]!);
    } catch (error) {
      if (dialect.isTransient(error)) throw toDatabaseError(error);
      await sql`rollback to one`.execute(tx.queries);
      outcomes.set(run[0]!, { refused: toStoreError(error, location, dialect.isBlocked(error)) });
    }
    await sql`release one`.execute(tx.queries);
  }

  async #finish(queries: Queries): Promise<void> {
    const { beforeCommit, dialect, location } = this.options;
    try {
      beforeCommit?.();
      await sql`commit`.execute(queries);
    } catch (error) {
      // It may be on disk: trying again is for the caller, who knows whether that is safe.
      if (dialect.isDisconnect(error)) throw toStoreError(error, location, true);
      await sql`rollback`.execute(queries).catch(() => undefined);
      throw toDatabaseError(error);
    }
  }
}

/** How many of the first jobs share a commit, which is one at least: embedded, it holds the event loop. */
function fitting(jobs: readonly Job[]): number {
  let weight = 0;
  let count = 0;
  while (count < Math.min(jobs.length, MAX_JOBS)) {
    const { command, input } = jobs[count]!;
    weight += command.weight?.(input) ?? 1;
    if (count > 0 && weight > MAX_WEIGHT) break;
    count++;
  }
  return count;
}

/** Jobs grouped by command, in order of arrival; alone when they are not to be merged. */
function runsOf(jobs: Job[], together: boolean): Job[][] {
  if (!together) return jobs.map((job) => [job]);
  const runs: { command: Job['command']; jobs: Job[]; subjects: Set<string> }[] = [];
  for (const job of jobs) {
    const subjects = job.command.subjects?.(job.input) ?? [];
    // Only the last run of a kind is open, so that the order among those who share a subject is kept.
    const last = runs.findLast((run) => run.command === job.command);
    if (last && !subjects.some((subject) => last.subjects.has(subject))) {
      last.jobs.push(job);
      for (const subject of subjects) last.subjects.add(subject);
    } else {
      runs.push({ command: job.command, jobs: [job], subjects: new Set(subjects) });
    }
  }
  return runs.map((run) => run.jobs);
}

function settle(job: Job, outcome: Outcome<unknown> | undefined, location: string): void {
  if (!outcome) job.reject(new StoreError(`The store at ${location} gave no answer to ${job.command.name}`));
  else if ('refused' in outcome) job.reject(outcome.refused);
  else job.resolve(outcome.value);
}

const overloaded = (location: string, what: string): StoreError =>
  new StoreError(`The store at ${location} ${what}`, {
    retryable: true,
    nextStep: 'Nothing was stored. It is tried again later; if it stays so, look at the database.',
  });

/** Passes a database's own error on: it is judged and translated where the transaction ends. */
function toDatabaseError(error: unknown): unknown {
  return error;
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
