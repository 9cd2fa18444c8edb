import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

/** One source file as a thread runs it. */
export interface Transpiled {
  js: string;
  /** Its source map, JSON. */
  map: string;
}

const done = new Map<string, Transpiled>();

/** TypeScript to CommonJS, without a type check; the same text is worked on once. */
export function transpile(file: string, source: string): Transpiled {
  const key = `${file}\n${source}`;
  const known = done.get(key);
  if (known) return known;
  const { outputText, sourceMapText } = transpileModule(source, {
    fileName: file,
    compilerOptions: {
      module: ModuleKind.CommonJS,
      target: ScriptTarget.ES2022,
      isolatedModules: true,
      esModuleInterop: true,
      sourceMap: true,
    },
  });
  const result = { js: outputText, map: sourceMapText ?? '' };
  done.set(key, result);
  return result;
}
