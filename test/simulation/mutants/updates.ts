import { within, type Mutant } from './mutant';

const converge = within('converge');
const identity = within('identity');
const views = within('views');
const write = within('write');

/** A write says what was agreed, on the state it was decided for; its answer is the truth. */
export const updates: readonly Mutant[] = [
  {
    name: 'stale-version-forced-through',
    breaks: 'A write whose version is no longer current is merged again, not forced through',
    patches: [
      write(
        "if (write.operation === 'update') return target.update(work.entity.name, current, sideFields, options);",
        "if (write.operation === 'update') return target.read(work.entity.name, current.id).then((fresh) => target.update(work.entity.name, fresh ?? current, sideFields, options));",
      ),
    ],
  },
  {
    name: 'base-moved-before-the-write',
    breaks: 'The base moves when a write has landed, not before',
    patches: [
      write(
        '  await run.store.queue.storeIntents(work.claim, [intent]);\n',
        '  await run.store.queue.storeIntents(work.claim, [intent]);\n  work.base = agreed;\n',
      ),
    ],
  },
  {
    name: 'base-moved-before-the-other-write',
    breaks: 'What landed on one side only is not yet agreed on by both',
    patches: [
      write(
        'work.base = { ...truth, fields: settledBy(work, side, fields, partner.fields) };',
        'work.base = truth;',
      ),
    ],
  },
  {
    name: 'half-done-forgotten',
    breaks: 'What landed on one side is remembered when the write on the other fails',
    patches: [within('failure')('work.link.base = work.base;', 'work.link.base = work.claim.link.base;')],
  },
  {
    name: 'base-not-updated',
    breaks: 'The base is the last state that both sides agreed on',
    patches: [converge('work.link.base = plan.agreed;', 'work.link.base = work.base ?? plan.agreed;')],
  },
  {
    name: 'ledger-answer-ignored',
    breaks: 'What the ledger answered is the truth: a number it assigned, a text it changed',
    patches: [
      write(
        'const truth = { ...agreed, fields: overlay(entity, agreed.fields, said) };',
        'const truth = agreed;',
      ),
    ],
  },
  {
    name: 'ledger-answer-not-brought-to-the-app',
    breaks: 'What the ledger computed or changed is brought to the app',
    patches: [write(': followUp(work, readings, agreed);', ': null;')],
  },
  {
    name: 'app-written-with-the-old-plan',
    breaks: 'The app gets what the ledger answered, not what was planned before',
    patches: [write('app ? { ...app, desired: agreed.fields } :', 'app ? app :')],
  },
  {
    name: 'changed-answer-of-the-app-overlooked',
    breaks: 'What the app stored other than it was sent is raised',
    patches: [write("if (lost.length > 0) return { kind: 'hold', conflicts: lost };", '')],
  },
  {
    name: 'refused-write-counted-as-landed',
    breaks: 'A write that the side refused has not landed',
    patches: [
      write(
        "if (isRefusal(failure)) noteNothingDone(work, attempt, 'refused');",
        "if (isRefusal(failure) && current) { work.intents.set(intent.key, 'done'); return current; }",
      ),
    ],
  },
  {
    name: 'older-read-believed',
    breaks: 'A read that shows an older state than one seen before is no undoing',
    patches: [converge('if (record) refuseOlder(work, side, record);', '')],
  },
  {
    name: 'failed-write-tried-again-at-once',
    breaks: 'A write whose answer was lost is settled before anything is written again',
    patches: [converge('else throw toSyncError(failure);', 'else await readBoth(work);')],
  },
  {
    name: 'key-without-version',
    breaks: 'A to B to A to B are three writes with three keys',
    patches: [identity("    intent.expectedVersion ?? '',\n", '')],
  },
  {
    name: 'hash-without-line-order',
    breaks: 'Two orders of the same lines are two records',
    patches: [identity('const ordered = spec.ordered', 'const ordered = !spec.ordered')],
  },
  {
    name: 'records-of-a-batch-mixed-up',
    breaks: 'Ids are unique for one entity only',
    patches: [
      views('(entity: string, id: string) => `${entity}:${id}`', '(_entity: string, id: string) => id'),
    ],
  },
];
