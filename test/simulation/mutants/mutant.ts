/** Replaces a snippet that occurs exactly once in a product file. */
export interface Patch {
  /** Path below the project, `shared/sync/decide.ts`. */
  file: string;
  from: string;
  to: string;
}

/** A bug planted on purpose: the simulation has to find it. */
export interface Mutant {
  /** In kebab-case. */
  name: string;
  /** The promise it breaks, in one line. */
  breaks: string;
  patches?: readonly Patch[];
  /** Named misbehaviour of the twins. */
  flaws?: readonly string[];
}

/** Patches of one file of the sync core. */
export const within =
  (file: string) =>
  (from: string, to: string): Patch => ({ file: `shared/sync/${file}.ts`, from, to });
