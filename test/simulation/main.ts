import { parseCommand, usage, UsageError } from './runtime/arguments';
import { tryMutants } from './runtime/mutants';
import { outliveReaders, plain } from './runtime/output';
import { replay } from './runtime/replay';
import { simulate } from './runtime/simulate';

async function main(args: readonly string[]): Promise<number> {
  outliveReaders();
  const command = parseCommand(args);
  if (command.kind === 'simulate') return simulate(command);
  if (command.kind === 'replay') return replay(command);
  if (command.kind === 'mutants') return tryMutants(command);
  plain.out(usage);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    plain.error(`${isUsage ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = isUsage ? 2 : 1;
  },
);
