import { transpileModule } from 'typescript';
import { applyPatch, sourceOf } from '../runtime/patch';
import { expected, mutants } from '.';
import { elusive } from './elusive';

describe('the catalogue of planted bugs', () => {
  it('has at least forty that must be found, each named once and in kebab-case', () => {
    const names = mutants.map(({ name }) => name);
    expect(expected.length).toBeGreaterThanOrEqual(40);
    for (const name of Object.keys(elusive)) expect(names).toContain(name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s can be planted', (name, mutant) => {
    const { patches = [], flaws = [] } = mutant;
    expect(patches.length + flaws.length).toBeGreaterThan(0);
    const sources = new Map<string, string>();
    for (const patch of patches) {
      const before = sources.get(patch.file) ?? sourceOf(patch.file);
      const after = applyPatch(name, patch, before);
      expect(after).not.toBe(before);
      sources.set(patch.file, after);
    }
    for (const [fileName, source] of sources) {
      const { diagnostics } = transpileModule(source, { fileName, reportDiagnostics: true });
      // Not the diagnostics themselves: each holds its whole file.
      expect(diagnostics?.map(({ messageText }) => messageText)).toEqual([]);
    }
  });
});
