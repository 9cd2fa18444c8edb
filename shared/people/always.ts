import { toSyncError } from '../errors';
import type { Actor, Connection, PolicyStore } from '../ports';
import type { Answers } from './answers';
import type { Sides } from './decide';
import type { Question } from './question';
import { checkRule } from './rules';

export interface AlwaysParts {
  connection: Connection;
  sides: Sides;
  question: Question;
  answers: Answers;
  /** Rows that are to be decided like this from now on. */
  always: Iterable<string>;
  by: Actor;
  decidedBy?: string;
  now: number;
}

/**
 * Makes the rules that somebody wished for with a decision, for this company. Says for each, as a sentence, that it
 * was made, or why it was not: the decision stands either way.
 */
export async function makeRules(
  store: { policies: Pick<PolicyStore, 'load' | 'set'> },
  { connection, sides, question, answers, always, by, decidedBy, now }: AlwaysParts,
): Promise<string[]> {
  const told: string[] = [];
  for (const key of new Set(always)) {
    const row = question.rows.find((candidate) => candidate.key === key);
    const winner = answers[key]?.id;
    if (!row?.rule) continue;
    const { field, label } = row.rule;
    if (winner !== 'app' && winner !== 'ledger') {
      told.push(`No rule was made for ${label}: only "always this side" can be a rule.`);
      continue;
    }
    const edit = { connectionId: connection.id, entity: question.entity, field, winner } as const;
    try {
      const { rules } = await store.policies.load(connection.id);
      const companies = [{ id: connection.id, name: connection.name, sides }];
      // Where amounts are concerned, what was ticked says so.
      checkRule(edit, { companies, rules, isConfirmed: true });
      const reason = `Wished for with the decision on ${question.heading}`;
      await store.policies.set({ ...edit, reason, ...(decidedBy ? { decidedBy } : {}) }, by, now);
      told.push(`From now on, ${sides.labels[winner]} wins for ${label}.`);
    } catch (error) {
      told.push(`No rule was made for ${label}: ${toSyncError(error).message}.`);
    }
  }
  return told;
}
