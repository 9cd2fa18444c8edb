import { ensureN8nHost } from './install';

/** Installs the pinned n8n ahead of time: `tsx test/e2e/host/main.ts`. */
ensureN8nHost({ log: (line) => void process.stdout.write(`${line}\n`) }).then(
  (host) => process.stdout.write(`n8n: ready in ${host.dir}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
