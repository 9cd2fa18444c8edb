import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface PackManifest {
  readonly name: string;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Places a pack where n8n looks for installed ones, the way its installer would: a copy of what `files` publishes,
 * beside links to its `dependencies` and to nothing else. So a file that is not published, or a dependency that is
 * not declared, is missing here too, and n8n-workflow is n8n's own.
 */
export function placePack(packageDir: string, userFolder: string): void {
  const manifest = readManifest(packageDir);
  const modules = join(userFolder, '.n8n', 'nodes', 'node_modules');
  const target = join(modules, manifest.name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });

  for (const published of ['package.json', ...(manifest.files ?? [])]) {
    const source = join(packageDir, published);
    if (existsSync(source)) cpSync(source, join(target, published), { recursive: true });
  }
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const link = join(modules, name);
    rmSync(link, { recursive: true, force: true });
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(packageDir, 'node_modules', name)), link, 'dir');
  }
}

/** The name a pack's node types are prefixed with. */
export function packName(packageDir: string): string {
  return readManifest(packageDir).name;
}

function readManifest(packageDir: string): PackManifest {
  return JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as PackManifest;
}
