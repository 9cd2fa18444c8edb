import { within, type Mutant } from './mutant';

const converge = within('converge');
const decide = within('decide');
const recover = within('recover');
const refusal = within('refusal');
const work = within('work');
const write = within('write');

/** A write whose answer was lost is settled before anything new is decided. */
export const recovery: readonly Mutant[] = [
  {
    name: 'recovery-skipped',
    breaks: 'Open intents are settled before anything new is decided',
    patches: [
      converge(
        '  await readBoth(work, work.known);\n  await recoverIntents(work);\n',
        '  await readBoth(work, work.known);\n',
      ),
    ],
  },
  {
    name: 'doubt-ends-with-an-attempt-not-sent',
    breaks: 'A write that may have landed stays in doubt when it cannot be sent again',
    patches: [
      write(
        'if (!isInDoubt || isKnown) work.intents.set(intent.key, became);',
        'work.intents.set(intent.key, became);',
      ),
    ],
  },
  {
    name: 'intent-stored-after-the-write',
    breaks: 'A write is stored as an intent before it is sent',
    patches: [
      write(
        `  await run.store.queue.storeIntents(work.claim, [intent]);
  work.intents.delete(intent.key);
`,
        '  work.intents.delete(intent.key);\n',
      ),
      write(
        `  refuseWhenLate(work, attempt);
  const answer = await perform(work, attempt);
`,
        `  const answer = await perform(work, attempt);
  await run.store.queue.storeIntents(work.claim, [intent]);
`,
      ),
    ],
  },
  {
    name: 'lost-answer-taken-for-not-sent',
    breaks: 'A write whose answer was lost may have landed and stays a question',
    patches: [refusal("['auth',", "['uncertain_write', 'auth',")],
  },
  {
    name: 'lost-answer-taken-for-a-refusal',
    breaks: 'A write whose answer was lost was not refused',
    patches: [refusal("  'stale_version',\n", "  'stale_version',\n  'uncertain_write',\n")],
  },
  {
    name: 'lost-create-not-looked-for',
    breaks: 'A lost create is looked for before anything is decided, even that nothing shall be created',
    patches: [recover('if (work.lostCreates[side].length > 0) await findLostCreate(work, side);', '')],
  },
  {
    name: 'landed-write-taken-for-not-landed',
    breaks: 'A record that says what we wanted has taken our write',
    patches: [
      recover(
        "if (await saysWhatWeWanted(work, intent, record)) return 'landed';",
        "if (await saysWhatWeWanted(work, intent, record)) return 'not_landed';",
      ),
    ],
  },
  {
    name: 'unmoved-version-taken-for-landed',
    breaks: 'A record whose version has not moved has not taken our write',
    patches: [
      recover(
        "if (record.version === intent.expectedVersion) return 'not_landed';",
        "if (record.version === intent.expectedVersion) return 'landed';",
      ),
    ],
  },
  {
    name: 'uncertain-taken-for-landed',
    breaks: 'What cannot be told is not taken for landed',
    patches: [recover("    return 'unknown';\n", "    return 'landed';\n")],
  },
  {
    name: 'uncertain-taken-for-not-landed',
    breaks: 'What cannot be told is not taken for not landed',
    patches: [recover("if (fate === 'unknown') {", 'if (false) {')],
  },
  {
    name: 'refused-replay-taken-for-landed',
    breaks: 'A key that the provider judges now has not done its work then',
    patches: [
      recover("if (isRefusal(failure)) return 'not_landed';", "if (isRefusal(failure)) return 'landed';"),
    ],
  },
  {
    name: 'landed-write-not-noted',
    breaks: 'A write found landed later moves the base as if its answer had come',
    patches: [recover('      else noteLanded(work, intent);\n', '')],
  },
  {
    name: 'doubt-not-raised',
    breaks: 'Where our write may have landed and been undone, a person decides',
    patches: [decide('[...conflicts, ...doubtfulDecisions(input, decisions)]', 'conflicts')],
  },
  {
    name: 'recovered-write-not-accounted-for',
    breaks: 'The decisions of a write found landed later are in the audit',
    patches: [work('noteCarriedOut(work, intent.side, decisionsOf(intent));', '')],
  },
];
