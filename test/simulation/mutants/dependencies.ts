import { within, type Mutant } from './mutant';

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
