import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const root = resolve(__dirname, '..', '..');

interface Locked {
  version: string;
  integrity?: string;
  dev?: boolean;
  devOptional?: boolean;
  peer?: boolean;
  /** Needed by nobody that is installed; older versions of npm miss it all the same. */
  extraneous?: boolean;
  hasInstallScript?: boolean;
}

const read = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), 'utf8')) as T;
const manifest = read<{
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  scripts: Record<string, string>;
  allowScripts: Record<string, boolean>;
  n8n: { credentials: string[]; nodes: string[] };
}>('package.json');
const { '': _project, ...locked } = read<{ packages: Record<string, Locked> }>('package-lock.json').packages;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 13);
/** What n8n installs beside the pack. */
const shipped = Object.entries(locked).filter(
  ([, { dev, devOptional, peer, extraneous }]) => !dev && !devOptional && !peer && !extraneous,
);

/** The package that an import names. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** All that is loaded when n8n loads the pack: files of ours, and what they import from elsewhere. */
function loaded(): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [...manifest.n8n.nodes, ...manifest.n8n.credentials].map((built) =>
    join(root, built.replace(/^dist\//, '').replace(/\.js$/, '.ts')),
  );
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) queue.push(fileOf(resolve(dirname(file), fileName)));
      else if (!isBuiltin(fileName)) packages.add(packageOf(fileName));
    }
  }
  return { files, packages };
}

function fileOf(path: string): string {
  const found = [`${path}.ts`, join(path, 'index.ts'), path].find((candidate) => existsSync(candidate));
  if (found === undefined) throw new Error(`${path} is imported, and is not there`);
  return found;
}

describe('what ships', () => {
  const { files, packages } = loaded();

  it('is imported by a node or a credential, file by file', () => {
    const inPack = globSync('{nodes,credentials,shared}/**/*.ts', { cwd: root });
    expect(inPack.length).toBeGreaterThan(100);
    expect(inPack.filter((path) => !files.has(join(root, path)))).toEqual([]);
    expect([...files].map((file) => relative(root, file)).filter((path) => path.startsWith('test'))).toEqual(
      [],
    );
  });

  it('declares what it imports and nothing else', () => {
    const peers = Object.keys(manifest.peerDependencies);
    expect([...packages].filter((name) => !peers.includes(name)).sort()).toEqual(
      Object.keys(manifest.dependencies).sort(),
    );
  });

  it('runs no script when it is installed', () => {
    expect(shipped.length).toBeGreaterThan(10);
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    const ofOthers = shipped.map(
      ([path]) => read<{ scripts?: object }>(`${path}/package.json`).scripts ?? {},
    );
    const onInstall = [manifest.scripts, ...ofOthers].flatMap((scripts) => Object.keys(scripts));
    expect(onInstall.filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
    expect(Object.keys(manifest.scripts)).not.toContain('prepare');
  });

  it('is licensed for everybody', () => {
    const licences = shipped.map(([path]) => [
      nameOf(path),
      read<{ license: string }>(`${path}/package.json`).license,
    ]);
    expect(
      licences.filter(([, licence]) => !/^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0)$/.test(licence ?? '')),
    ).toEqual([]);
  });

  it('is what `npm run sbom` lists', () => {
    const output = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: root, encoding: 'utf8' });
    const bom = JSON.parse(output) as {
      bomFormat: string;
      metadata: { component: { name: string } };
      components: { name: string; group?: string; version: string; hashes?: unknown[] }[];
    };
    expect(bom.bomFormat).toBe('CycloneDX');
    expect(bom.metadata.component.name).toBe('n8n-nodes-accounting-sync');
    expect(bom.components.map(({ name, version }) => `${name}@${version}`).sort()).toEqual(
      shipped.map(([path, { version }]) => `${nameOf(path)}@${version}`).sort(),
    );
    expect(bom.components.filter(({ hashes }) => !hashes?.length)).toEqual([]);
  });
});

describe('what publishes', () => {
  const workflow = readFileSync(join(root, '.github', 'workflows', 'publish.yml'), 'utf8');

  it('names every action by its commit, and needs no token', () => {
    const used = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action ?? '');
    expect(used.length).toBeGreaterThan(1);
    expect(used.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
    expect(workflow).not.toMatch(/secrets\./);
  });

  it('runs the checks before it publishes, with provenance', () => {
    const [checks, publish] = [workflow.indexOf('.ci/run'), workflow.indexOf('npm publish --provenance')];
    expect(checks).toBeGreaterThan(0);
    expect(publish).toBeGreaterThan(checks);
  });
});

describe('what developers install', () => {
  it('is one exact version of everything, known by its hash', () => {
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    expect(Object.keys(locked).filter((path) => !locked[path]?.integrity)).toEqual([]);
  });

  it('runs the scripts of packages that have been looked at, and no others', () => {
    const marked = Object.keys(locked).filter((path) => locked[path]?.hasInstallScript);
    const decided = Object.keys(manifest.allowScripts);
    expect(marked.map(nameOf).filter((name) => !decided.includes(name))).toEqual([]);
  });

  it('does not run what fetches only-allow, of any version of npm', () => {
    // The lock says nothing of its script, so that a version of npm that does not know `allowScripts` runs none.
    const path = 'node_modules/eslint-plugin-n8n-nodes-base';
    expect(read<{ scripts: object }>(`${path}/package.json`).scripts).toMatchObject({
      preinstall: 'npx only-allow pnpm',
    });
    expect(locked[path]).not.toHaveProperty('hasInstallScript');
    expect(manifest.allowScripts).toMatchObject({ 'eslint-plugin-n8n-nodes-base': false });
  });

  it('runs nothing that fetches what is not in the lock', () => {
    for (const path of Object.keys(locked).filter((name) => locked[name]?.hasInstallScript)) {
      if (!existsSync(join(root, path, 'package.json'))) continue; // of another platform
      const scripts = read<{ scripts?: Record<string, string> }>(`${path}/package.json`).scripts ?? {};
      const onInstall = ['preinstall', 'install', 'postinstall'].map((name) => scripts[name] ?? '').join(' ');
      expect(onInstall).not.toMatch(/\b(npx|pnpx|yarn dlx|npm (i|install|exec|x)|curl|wget)\b/);
    }
  });
});
