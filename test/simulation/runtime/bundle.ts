import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Mutant } from '../mutants/mutant';
import { patcherOf, sourceOf } from './patch';
import { projectRoot } from './project';
import { transpile, type Transpiled } from './transpile';

/** Everything that a thread needs to run the simulation: each module once, by its path below the project. */
export interface Bundle {
  root: string;
  modules: Record<string, Transpiled>;
}

/** What threads are asked for is exported by these. */
export const entryPoints = {
  runChunk: 'test/simulation/chunk.ts',
  runKept: 'test/simulation/chunk.ts',
  explain: 'test/simulation/replay.ts',
} as const;

/** Walks the imports from the entry points and transpiles what it meets, with the mutant's patches in it. */
export function bundleFor(mutant: Mutant | null): Bundle {
  const patched = patcherOf(mutant);
  const modules: Record<string, Transpiled> = {};
  const waiting: string[] = Object.values(entryPoints);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (modules[file]) continue;
    const module = transpile(file, patched(file, sourceOf(file)));
    modules[file] = module;
    waiting.push(...importsOf(file, module.js));
  }
  const unused = mutant?.patches?.find((patch) => !modules[patch.file]);
  if (unused) throw new Error(`The mutant ${mutant?.name} changes ${unused.file}, which is never loaded.`);
  return { root: projectRoot, modules };
}

/** Relative imports, those at run time too, once the types are gone. */
function importsOf(file: string, js: string): string[] {
  return [...js.matchAll(/\brequire\((["'])(\.{1,2}\/[^"']*|\.{1,2})\1\)/g)].map((match) =>
    resolveModule(posix.join(posix.dirname(file), match[2] as string), file),
  );
}

function resolveModule(path: string, importer: string): string {
  const found = [`${path}.ts`, `${path}/index.ts`].find((file) => existsSync(join(projectRoot, file)));
  if (found) return found;
  throw new Error(`${importer} imports ${path}, which is no TypeScript module of the project.`);
}
