import { ensureN8nHost } from './host/install';

/** Installs the pinned n8n before any test's time runs: on a slow machine it takes longer than a test may. */
export default async function installN8n(): Promise<void> {
  await ensureN8nHost({ log: (line) => process.stdout.write(`${line}\n`) });
}
