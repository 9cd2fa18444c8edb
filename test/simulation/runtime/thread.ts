/**
 * Runs inside a worker thread, transpiled and passed as text: a small CommonJS loader over the bundle, and an
 * answer to every call. Imports nothing but Node.
 */
import { createRequire, SourceMap, type SourceMapPayload } from 'node:module';
import { posix } from 'node:path';
import { compileFunction } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import type { Bundle } from './bundle';
import type { Answer, Call, Replacement } from './worker';

type Require = (path: string) => unknown;
type Runnable = (exports: unknown, require: Require, module: { exports: unknown }) => void;

const { root, modules } = workerData as Bundle;
const outside = createRequire(posix.join(root, 'package.json'));
const loaded = new Map<string, { exports: unknown }>();
const importers = new Map<string, Set<string>>();

function load(file: string): unknown {
  const known = loaded.get(file);
  if (known) return known.exports;
  const source = modules[file];
  if (!source) throw new Error(`The bundle has no ${file}`);
  const module = { exports: {} as unknown };
  loaded.set(file, module);
  const run = compileFunction(source.js, ['exports', 'require', 'module'], {
    filename: posix.join(root, file),
  }) as Runnable;
  run(module.exports, requireFrom(file), module);
  return module.exports;
}

const requireFrom =
  (importer: string): Require =>
  (path) => {
    if (!path.startsWith('.')) return outside(path);
    const target = posix.join(posix.dirname(importer), path);
    const file = modules[`${target}.ts`] ? `${target}.ts` : `${target}/index.ts`;
    importers.set(file, (importers.get(file) ?? new Set()).add(importer));
    return load(file);
  };

/** Other modules in the place of some: they, and whatever imports them, are loaded anew when they are asked for. */
function replace(others: Bundle['modules']): void {
  Object.assign(modules, others);
  const stale = new Set(Object.keys(others));
  for (const file of stale) {
    loaded.delete(file);
    for (const importer of importers.get(file) ?? []) stale.add(importer);
  }
}

/** The stack by the lines of the sources. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? error.message).replace(/([^\s(]+):(\d+):(\d+)/g, (place, path, line, column) => {
    const file = posix.relative(root, path as string);
    const map = modules[file]?.map;
    if (!map) return place as string;
    const at = new SourceMap(JSON.parse(map) as SourceMapPayload).findEntry(
      Number(line) - 1,
      Number(column) - 1,
    );
    return 'originalLine' in at ? `${file}:${at.originalLine + 1}` : (place as string);
  });
}

async function answer({ file, name, args }: Call): Promise<Answer> {
  try {
    const exported = load(file) as Record<string, (...args: unknown[]) => unknown>;
    const called = exported[name];
    if (!called) throw new Error(`${file} exports no ${name}`);
    return { result: await called(...args) };
  } catch (error) {
    return { error: describe(error) };
  }
}

const report = (message: Answer) => parentPort?.postMessage(message);

parentPort?.on('message', (message: Call | Replacement) => {
  if ('modules' in message) replace(message.modules);
  else void answer(message).then(report);
});
// What nobody waits for in the simulation fails the call that is under way.
process.on('unhandledRejection', (error) => report({ error: describe(error) }));
