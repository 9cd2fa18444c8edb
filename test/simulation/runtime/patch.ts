import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant, Patch } from '../mutants/mutant';
import { projectRoot } from './project';

export const sourceOf = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');

/** The source with the patch in it; throws when the snippet is not there exactly once. */
export function applyPatch(mutant: string, patch: Patch, source: string): string {
  const parts = source.split(patch.from);
  if (parts.length === 2) return parts.join(patch.to);
  const found = parts.length === 1 ? 'no longer occurs' : `occurs ${parts.length - 1} times`;
  throw new Error(
    `The mutant ${mutant} is stale: its snippet ${found} in ${patch.file}: ${firstLine(patch.from)}`,
  );
}

const firstLine = (text: string): string => text.trim().split('\n')[0] as string;

/** Gives a file's source as the mutant changes it; files it does not touch come back as they are. */
export function patcherOf(mutant: Mutant | null): (file: string, source: string) => string {
  return (file, source) =>
    (mutant?.patches ?? [])
      .filter((patch) => patch.file === file)
      .reduce((text, patch) => applyPatch(mutant?.name ?? '', patch, text), source);
}

/** Throws when mutants are stale, and names them all. */
export function requireFresh(mutants: readonly Mutant[]): void {
  const complaints = mutants.flatMap((mutant) =>
    (mutant.patches ?? []).flatMap((patch) => {
      try {
        applyPatch(mutant.name, patch, sourceOf(patch.file));
        return [];
      } catch (error) {
        return [(error as Error).message];
      }
    }),
  );
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}
