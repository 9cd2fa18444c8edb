import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');

interface Manifest {
  name: string;
  devDependencies?: object;
  peerDependencies?: object;
}

interface Lock {
  packages: Record<
    string,
    Manifest & { dev?: boolean; devOptional?: boolean; peer?: boolean; extraneous?: boolean }
  >;
}

/**
 * Prints what ships as CycloneDX: this package and what n8n installs beside it. `npm sbom --omit dev` would leave
 * out whatever a development dependency needs as well, so npm is shown a project that has none.
 */
function main(): void {
  const read = <T>(name: string): T => JSON.parse(readFileSync(join(root, name), 'utf8')) as T;
  const manifest = shipped(read<Manifest>('package.json'));
  const lock = read<Lock>('package-lock.json');
  const packages = Object.entries(lock.packages)
    .filter(([, { dev, devOptional, peer, extraneous }]) => !dev && !devOptional && !peer && !extraneous)
    .map(([path, entry]) => [path, path === '' ? shipped(entry) : entry]);
  const temporary = mkdtempSync(join(tmpdir(), 'accounting-sync-sbom-'));
  // npm names a project by its folder.
  const folder = join(temporary, manifest.name);
  try {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }),
    );
    const output = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], {
      cwd: folder,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    process.stdout.write(output);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** n8n brings the peer itself. */
const shipped = <T extends Manifest>({ devDependencies: _dev, peerDependencies: _peer, ...rest }: T) => rest;

main();
