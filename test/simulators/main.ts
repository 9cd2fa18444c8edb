import { startSimulators } from './cli';

async function main(): Promise<void> {
  const { exitCode, out, err, close } = await startSimulators(process.argv.slice(2));
  const stop = () => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.stderr.write(err);
  // Whoever reads this line may stop us at once, so it comes last.
  process.stdout.write(out);
  if (exitCode !== undefined) process.exitCode = exitCode;
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
