import { within, type Mutant } from './mutant';

const decide = within('decide');
const inDependencies = within('dependencies');
const references = within('references');
const work = within('work');
const write = within('write');

/** What a record refers to comes first, and is named as each side names it. */
export const dependencies: readonly Mutant[] = [
  {
    name: 'reference-not-resolved',
    breaks: "A reference is sent in the side's own ids",
    patches: [references('if (id) return { entity: reference.entity, id };', 'if (id) return reference;')],
  },
  {
    name: 'unknown-reference-fails',
    breaks: 'A record waits for one that it refers to and that is not there yet',
    patches: [
      inDependencies('const known = await readStranger(work, reference);', 'const known = undefined;'),
    ],
  },
  {
    name: 'missing-reference-left-out',
    breaks: 'A reference is never left out because its record is not there yet',
    patches: [
      references(
        `      missing.push({ linkId: reference.id, entity: reference.entity, path: spec.path });
      return reference;`,
        '      return null;',
      ),
    ],
  },
  {
    name: 'dependency-not-created',
    breaks: 'What a record refers to is created before it',
    patches: [write('if (missing.length > 0) {', 'if (missing.length > 1_000) {')],
  },
  {
    name: 'held-dependency-taken-for-gone',
    breaks: 'A record waits for what it refers to while that is held',
    patches: [inDependencies("if (outcome.result === 'synced') {", "if (outcome.result !== 'failed') {")],
  },
  {
    name: 'failed-dependency-waited-for-ever',
    breaks: 'Waiting for a record that fails is bounded',
    patches: [
      inDependencies(
        "if (result === 'failed') return true;\n  return result === 'waiting' &&",
        "return result === 'absent' &&",
      ),
    ],
  },
  {
    name: 'refused-reference-final',
    breaks: 'A write that names a record which is being made anew is made again with its new id',
    patches: [
      inDependencies(
        "if (refusal.code !== 'validation' && refusal.code !== 'not_found') return false;",
        'return false;',
      ),
    ],
  },
  {
    name: 'former-record-a-stranger',
    breaks: 'What refers to a record that was made anew means the one that took its place',
    patches: [references('app.id !== null && ledger.id !== null ? null : replacedBy', 'null')],
  },
  {
    name: 'former-id-left-standing',
    breaks: 'A record that names another by its former id is told the new one',
    patches: [decide('update && outdated.some(', 'update && outdated.length > 1_000 && outdated.some(')],
  },
  {
    name: 'absorbed-link-still-referred-to',
    breaks: 'Nothing refers to a link that was absorbed',
    patches: [
      work(
        '  run.references.forget(link.id, link);\n  if (work.absorb) run.references.forget(work.absorb);\n',
        '',
      ),
    ],
  },
];
