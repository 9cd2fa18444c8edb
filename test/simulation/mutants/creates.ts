import { within, type Mutant } from './mutant';

const adopt = within('adopt');
const converge = within('converge');
const identity = within('identity');
const write = within('write');

/** A record is made once, and found again whatever became of the answer. */
export const creates: readonly Mutant[] = [
  {
    name: 'create-without-look-up',
    breaks: 'Before a create the side is asked whether the record is there already',
    patches: [
      adopt(
        'const match = await run.sides[side].find(entity.name, sideFields, link.id);',
        "const match = { kind: 'none' };",
      ),
    ],
  },
  {
    name: 'adoption-skipped',
    breaks: 'One clear match is adopted instead of made a second time',
    patches: [
      adopt(
        'return takeOver(work, side, match.record);',
        "return match.kind === 'same' ? takeOver(work, side, match.record) : createOrAsk(work, side, intent);",
      ),
    ],
  },
  {
    name: 'ambiguous-match-guessed',
    breaks: 'Where several records could be the one, nobody guesses',
    patches: [
      adopt(
        "if (match.kind === 'ambiguous') return hold(work, side, match.records);",
        "if (match.kind === 'ambiguous') return takeOver(work, side, match.records[0]);",
      ),
    ],
  },
  {
    name: 'complete-link-absorbed',
    breaks: 'A record that is linked already is never linked a second time',
    patches: [adopt("if (owner[other(side)].id !== null && !(isChosen && isOver)) return 'taken';", '')],
  },
  {
    name: 'uncertain-create-repeated',
    breaks: 'A create that may have landed is not repeated where the look-up would not have found it',
    patches: [adopt('  if (!oldest) return', '  if (oldest || !oldest) return')],
  },
  {
    name: 'strangers-not-looked-at',
    breaks: 'A lost create that was renamed meanwhile is looked for among what is new',
    patches: [adopt('return strangers.length === 0 && doubtful', 'return doubtful')],
  },
  {
    name: 'lagging-look-up-trusted',
    breaks: 'A look-up that lags says nothing of a create just sent',
    patches: [within('recover')('  else waitUntilFindable(work, side, newest);\n', '')],
  },
  {
    name: 'copy-of-a-lost-create-taken-for-an-original',
    breaks: 'A record that a create in doubt may have made is not brought back as a new one',
    patches: [adopt('(await claimedByMaker(work, side)) ?? ', '')],
  },
  {
    name: 'expired-key-trusted',
    breaks: 'An idempotency key is trusted for as long as the provider keeps it, and no longer',
    patches: [adopt(' && run.clock.now() - lost.storedAt < window.ttlMs;', ';')],
  },
  {
    name: 'other-key-trusted',
    breaks: 'The provider is trusted to know a lost create only by that very key',
    patches: [adopt(' && lost.key === intent.key && ', ' && ')],
  },
  {
    name: 'renamed-lost-create-trusted',
    breaks: 'A lost create is found by its name only while the name is still the same',
    patches: [
      adopt(
        'key.fields.every((name) => sameValue(lost.desired[name] ?? null, intent.desired[name] ?? null))',
        'key.fields.length > 0',
      ),
    ],
  },
  {
    name: 'any-match-taken-for-our-create',
    breaks: 'A record that somebody else entered is not taken for the one our lost create made',
    patches: [
      adopt(
        'if (record.externalId === work.link.id || (await saysTheSame(work, side, record, lost.desired))) {',
        'if (lost) {',
      ),
    ],
  },
  {
    name: 'found-record-not-left-to-its-maker',
    breaks: 'A record that another link may have made is left to that link, which knows what was agreed',
    patches: [adopt('  await leaveToItsMaker(work, side, match.record);\n', '')],
  },
  {
    name: 'base-of-the-predecessor-kept',
    breaks: 'What was agreed on with a record that is gone says nothing of the one in its place',
    patches: [
      adopt(
        'work.link[side].id !== record.id) forgetPredecessor(work, side);',
        'work.link[side].id !== record.id) {}',
      ),
    ],
  },
  {
    name: 'absorbed-link-kept',
    breaks: 'A link whose record turned out to be another one is absorbed with its events',
    patches: [adopt('  work.absorb = owner.id;\n', '')],
  },
  {
    name: 'marked-record-not-handed-over',
    breaks: 'A record that carries our mark is handed to the link that made it',
    patches: [converge('const elsewhere = await handOver(work);', 'const elsewhere = null;')],
  },
  {
    name: 'create-leaves-no-mark',
    breaks: 'A create leaves our mark on the record, so that it is found again',
    patches: [
      write(
        'const options = { key: intent.key, externalId: work.link.id };',
        'const options = { key: intent.key };',
      ),
    ],
  },
  {
    name: 'key-without-what-is-written',
    breaks: 'Two different writes never have the same idempotency key',
    patches: [identity('    hashFields(entity, desired),\n', '')],
  },
  {
    name: 'key-changes-with-every-attempt',
    breaks: 'The same decision on the same state has the same idempotency key',
    patches: [
      write("write.operation === 'create' ? takesPlaceOf(work, side) : null,", 'String(run.clock.now()),'),
      adopt(' && lost.key === intent.key && ', ' && '),
    ],
  },
];
