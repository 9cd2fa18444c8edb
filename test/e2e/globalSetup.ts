import { ensureChromium } from './browser/chromium';
import { ensureN8nHost } from './host/install';

/** Installs n8n and Chromium before any test's time runs: on a slow machine it takes longer than a test may. */
export default async function install(): Promise<void> {
  const log = (line: string) => void process.stdout.write(`${line}\n`);
  ensureChromium(log);
  await ensureN8nHost({ log });
}
