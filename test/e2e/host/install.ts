import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withFileLock } from './installLock';
import { runNpm, type NpmRun } from './npm';
import { hostDir, hostPaths, pinnedSetDir, type HostPaths } from './paths';

export interface InstallOptions {
  /** Told, line by line, what is being done and how long it has taken. */
  readonly log?: (line: string) => void;
}

const pinnedFiles = ['package.json', 'package-lock.json'] as const;
const stagingPrefix = 'staging-';

/**
 * The pinned n8n, installed on first use (some minutes) and reused afterwards. An install that was cut off is
 * started again; two processes never install at once.
 */
export async function ensureN8nHost({ log = () => {} }: InstallOptions = {}): Promise<HostPaths> {
  const host = hostPaths(hostDir());
  if (isComplete(host)) return host;

  mkdirSync(host.dir, { recursive: true });
  const onWait = () => log('n8n: another process is installing it, waiting');
  return await withFileLock(join(host.dir, 'install.lock'), onWait, async () => {
    if (!isComplete(host)) await install(host, log);
    return host;
  });
}

/** Installs into a folder of its own and moves that into place, so that no cut-off attempt can get in the way. */
async function install(host: HostPaths, log: (line: string) => void): Promise<void> {
  const started = Date.now();
  log(`n8n: installing ${n8nVersion()} into ${host.dir} (once, some three minutes)`);
  for (const name of readdirSync(host.dir).filter((entry) => entry.startsWith(stagingPrefix))) {
    rmSync(join(host.dir, name), { recursive: true, force: true, maxRetries: 5 });
  }
  const staging = mkdtempSync(join(host.dir, stagingPrefix));
  for (const name of pinnedFiles) writeFileSync(join(staging, name), readFileSync(join(pinnedSetDir, name)));

  const total = packagesIn(pinnedSetDir);
  const run = (phase: string, progress: () => string): NpmRun => ({
    cwd: staging,
    node: host.node,
    logFile: join(host.dir, 'install.log'),
    onTick: (seconds) => log(`n8n: ${phase}, ${seconds} s${progress()}`),
  });
  const quiet = ['--no-audit', '--no-fund'];
  await runNpm(
    ['install', '--legacy-peer-deps', '--ignore-scripts', ...quiet],
    run('downloading packages', () => `, ${packagesUnpacked(staging)} of about ${total} packages`),
  );
  await runNpm(
    ['rebuild', 'sqlite3'],
    run('building its database driver', () => ''),
  );

  for (const name of [...pinnedFiles, 'node_modules']) {
    rmSync(join(host.dir, name), { recursive: true, force: true });
    renameSync(join(staging, name), join(host.dir, name));
  }
  rmSync(staging, { recursive: true, force: true });
  writeFileSync(markerFile(host.dir), pinnedHash());
  if (!isComplete(host)) throw new Error(`npm installed no n8n; see ${join(host.dir, 'install.log')}`);
  log(`n8n: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The marker is written last, so that a folder without it is an install that did not get there. */
function isComplete(host: HostPaths): boolean {
  const marker = markerFile(host.dir);
  return existsSync(marker) && readFileSync(marker, 'utf8') === pinnedHash() && existsSync(host.n8nScript);
}

function markerFile(dir: string): string {
  return join(dir, 'installed');
}

function pinnedHash(): string {
  const hash = createHash('sha256');
  for (const name of pinnedFiles) hash.update(readFileSync(join(pinnedSetDir, name)));
  return hash.digest('hex');
}

function n8nVersion(): string {
  const manifest = JSON.parse(readFileSync(join(pinnedSetDir, 'package.json'), 'utf8')) as {
    dependencies: { n8n: string };
  };
  return manifest.dependencies.n8n;
}

/** Packages that the lock puts directly into node_modules. */
function packagesIn(dir: string): number {
  const lock = JSON.parse(readFileSync(join(dir, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  return Object.keys(lock.packages).filter((path) => path.lastIndexOf('node_modules/') === 0).length;
}

/** npm makes all folders first; a package has arrived once its package.json is there. */
function packagesUnpacked(dir: string): number {
  const modules = join(dir, 'node_modules');
  if (!existsSync(modules)) return 0;
  const names = readdirSync(modules).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(modules, name)).map((scoped) => join(name, scoped)) : [name],
  );
  return names.filter((name) => existsSync(join(modules, name, 'package.json'))).length;
}
