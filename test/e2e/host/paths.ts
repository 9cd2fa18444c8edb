import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the project is, seen from this file. */
export const projectDir = resolve(__dirname, '..', '..', '..');

/** The pinned package.json and package-lock.json of the host. */
export const pinnedSetDir = __dirname;

/** An installed n8n, ready to be started. */
export interface HostPaths {
  /** The folder that holds its node_modules. */
  readonly dir: string;
  /** The script that `node` runs to start n8n. */
  readonly n8nScript: string;
  /** A Node that n8n accepts (24 or newer). */
  readonly node: string;
}

/** The folder n8n is installed into: ACCOUNTING_SYNC_N8N_HOST, or .cache/n8n-host in the project. */
export function hostDir(): string {
  const override = process.env['ACCOUNTING_SYNC_N8N_HOST'];
  return override ? resolve(override) : join(projectDir, '.cache', 'n8n-host');
}

/** The paths inside a host folder, whether or not anything is installed there yet. */
export function hostPaths(dir: string): HostPaths {
  return { dir, n8nScript: join(dir, 'node_modules', 'n8n', 'bin', 'n8n'), node: nodeBinary() };
}

/** The project's own Node 24 (a dev dependency), or the one running this if it is new enough. */
function nodeBinary(): string {
  const own = join(projectDir, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error('n8n needs Node 24: run "npm ci" in the project, which brings one along.');
}
