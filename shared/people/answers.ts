import type { Choice, Conflict } from '../ports';
import { entityNamed } from '../schema/entities';
import type { FieldValue } from '../schema/entity';
import { reasonOf } from '../schema/parse';
import { MATCH } from '../sync/adopt';
import { LINK, placeOf, type Question, type QuestionRow } from './question';

/** What somebody answers, by the key of the row. Rows that are not named stay open. */
export type Answers = Readonly<Record<string, Answer>>;

export interface Answer {
  /** Of one of the row's answers; empty or `later` for not now. */
  id: string;
  /** For `value`. */
  value?: string;
}

export interface AnswerIssue {
  key: string;
  label: string;
  message: string;
}

export const LATER = 'later';

/** The choices that these answers stand for, or what is wrong with which of them. */
export function choicesOf(
  conflict: Conflict,
  { rows }: Question,
  answers: Answers,
): { choices: Record<string, Choice>; issues: AnswerIssue[] } {
  const choices: Record<string, Choice> = {};
  const issues: AnswerIssue[] = [];
  const byKey = new Map(rows.map((row) => [row.key, row]));
  for (const [key, answer] of Object.entries(answers)) {
    if (answer.id === '' || answer.id === LATER) continue;
    const row = byKey.get(key);
    if (!row) {
      issues.push({ key, label: key, message: 'is not asked about' });
      continue;
    }
    const choice = choiceOf(conflict, row, answer);
    if ('message' in choice) issues.push({ key, label: row.label, message: choice.message });
    else choices[key] = choice;
  }
  return { choices, issues };
}

function choiceOf(conflict: Conflict, row: QuestionRow, answer: Answer): Choice | { message: string } {
  if (!row.answers.some(({ id }) => id === answer.id)) {
    const known = row.answers.map(({ label }) => label).join(', ');
    return { message: `cannot be answered like this. Choose one of: ${known}` };
  }
  if (answer.id === 'app' || answer.id === 'ledger') return { winner: answer.id };
  if (row.key === MATCH) return { value: answer.id.startsWith(LINK) ? answer.id.slice(LINK.length) : null };
  return typedValue(conflict, row, answer.value ?? '');
}

/** Checked by the field's own schema: what is refused here is refused before anybody is bothered with it. */
function typedValue(conflict: Conflict, row: QuestionRow, text: string): Choice | { message: string } {
  const { spec } = placeOf(entityNamed(conflict.entity), row.key);
  if (!spec) return { message: 'takes no value' };
  const entered = text.trim() === '' ? null : row.input?.kind === 'boolean' ? booleanOf(text) : text.trim();
  const result = spec.schema.safeParse(entered as FieldValue);
  if (result.success) return { value: result.data ?? null };
  const [issue] = result.error.issues;
  if (entered === null) return { message: 'cannot be empty' };
  return { message: issue ? `${reasonOf(issue)} (it was "${text.trim().slice(0, 100)}")` : 'is not valid' };
}

const booleanOf = (text: string): boolean | string => {
  const word = text.trim().toLowerCase();
  if (['yes', 'true'].includes(word)) return true;
  return ['no', 'false'].includes(word) ? false : text;
};
