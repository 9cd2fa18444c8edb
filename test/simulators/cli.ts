import { parseArgs } from 'node:util';
import { startQuickBooksSimulator } from './quickbooks';

const usage = `Usage: npm run simulators -- [flags]
  --port-base <n>  first port; QuickBooks listens on the next one (default 4100)
  --seed <n>       what ids, tokens and shuffles follow from (default 1)
  --no-limits      no request limits
  --help           this text
`;

interface Started {
  descriptor: unknown;
  close(): Promise<void>;
}

interface StartOptions {
  port: number;
  seed: number;
  limited: boolean;
}

/** Each provider's simulator with its distance from the port base. */
const simulators: ReadonlyArray<{
  name: string;
  offset: number;
  start: (options: StartOptions) => Promise<Started>;
}> = [
  {
    name: 'quickbooks',
    offset: 1,
    start: ({ port, seed, limited }) =>
      startQuickBooksSimulator({ port, seed, ...(limited ? {} : { limits: false }) }),
  },
];

class UsageError extends Error {}

const usageError = (error: unknown) => new UsageError(error instanceof Error ? error.message : String(error));

function portError(error: unknown, name: string, port: number): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new Error(`Port ${port} for ${name} is in use: choose another --port-base`);
}

function wholeNumber(name: string, value: string, max: number): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > max)
    throw new UsageError(`--${name} takes a whole number up to ${max}, not ${value}`);
  return number;
}

function readFlags(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        'port-base': { type: 'string', default: '4100' },
        seed: { type: 'string', default: '1' },
        'no-limits': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return {
      portBase: wholeNumber('port-base', values['port-base'], 65_000),
      seed: wholeNumber('seed', values.seed, 4_294_967_295),
      limited: !values['no-limits'],
      help: values.help,
    };
  } catch (error) {
    throw usageError(error);
  }
}

async function startAll(flags: ReturnType<typeof readFlags>): Promise<Array<[string, Started]>> {
  const started: Array<[string, Started]> = [];
  for (const { name, offset, start: startOne } of simulators) {
    const port = flags.portBase + offset;
    try {
      started.push([name, await startOne({ port, seed: flags.seed, limited: flags.limited })]);
    } catch (error) {
      await Promise.all(started.map(([, running]) => running.close()));
      throw portError(error, name, port);
    }
  }
  return started;
}

export interface Outcome {
  /** Set when nothing was started or starting failed: what the process ends with. */
  exitCode?: number;
  out: string;
  err: string;
  close(): Promise<void>;
}

/** Starts what the flags ask for; the output is one line of JSON, so that scripts can read it. */
export async function startSimulators(args: string[]): Promise<Outcome> {
  const close = () => Promise.resolve();
  try {
    const flags = readFlags(args);
    if (flags.help) return { exitCode: 0, out: usage, err: '', close };
    const running = await startAll(flags);
    const descriptors = Object.fromEntries(running.map(([name, { descriptor }]) => [name, descriptor]));
    return {
      out: `${JSON.stringify(descriptors)}\n`,
      err: '',
      close: async () => {
        await Promise.all(running.map(([, simulator]) => simulator.close()));
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const wrongFlags = error instanceof UsageError;
    return {
      exitCode: wrongFlags ? 2 : 1,
      out: '',
      err: wrongFlags ? `${message}\n${usage}` : `${message}\n`,
      close,
    };
  }
}
