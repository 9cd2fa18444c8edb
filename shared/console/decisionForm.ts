import type { Answer, Answers } from '../people/answers';
import type { Question } from '../people/question';

/** The names of the form's fields. Rows go by their keys, so that they are found again when the question has changed. */
export const fields = {
  seen: 'seen',
  note: 'note',
  answer: (key: string) => `answer:${key}`,
  value: (key: string) => `value:${key}`,
  always: (key: string) => `always:${key}`,
  /** As they were shown. */
  app: (key: string) => `app:${key}`,
  ledger: (key: string) => `ledger:${key}`,
} as const;

export const MOST_NOTE = 500;
/** Nobody types more into a field of an invoice. */
const MOST_VALUE = 10_000;
/** More rows than any question has. */
const MOST_ROWS = 1_000;

export interface DecisionForm {
  /** The state of the conflict that was shown; NaN where the form does not say. */
  seenRefreshedAt: number;
  answers: Answers;
  /** Rows to be decided like this from now on. */
  always: ReadonlySet<string>;
  note: string;
  /** What was shown, by row. */
  shown: ReadonlyMap<string, { app: string; ledger: string }>;
}

/** What was sent, whoever has sent it: anything that is no text is taken for nothing. */
export function readDecision(body: unknown): DecisionForm {
  const sent = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (name: string): string => {
    const value = Object.hasOwn(sent, name) ? sent[name] : '';
    return typeof value === 'string' ? value.slice(0, MOST_VALUE) : '';
  };
  const seen = text(fields.seen);
  const answers = new Map<string, Answer>();
  const always = new Set<string>();
  const shown = new Map<string, { app: string; ledger: string }>();
  for (const key of keysIn(sent)) {
    const value = text(fields.value(key)).trim();
    const chosen = text(fields.answer(key));
    // Who types a value and chooses nothing means the value.
    const id = chosen === '' && value !== '' ? 'value' : chosen;
    if (id !== '') answers.set(key, id === 'value' ? { id, value } : { id });
    if (text(fields.always(key)) !== '') always.add(key);
    shown.set(key, { app: text(fields.app(key)), ledger: text(fields.ledger(key)) });
  }
  return {
    seenRefreshedAt: /^\d{1,16}$/.test(seen) ? Number(seen) : NaN,
    answers: Object.fromEntries(answers),
    always,
    note: text(fields.note).replace(/\r\n?/g, '\n').trim().slice(0, MOST_NOTE),
    shown,
  };
}

function keysIn(sent: object): string[] {
  const named = Object.keys(sent).flatMap((name) => /^(?:answer|value|app):(.+)$/s.exec(name)?.[1] ?? []);
  return [...new Set(named)].slice(0, MOST_ROWS);
}

/** What is different from what was shown, in a sentence for each. */
export function changesSince({ rows, sides }: Question, { shown }: DecisionForm): string[] {
  return rows.flatMap(({ key, label, ...row }) => {
    const was = shown.get(key);
    if (!was) return [`${label} is asked about now too.`];
    return (['app', 'ledger'] as const)
      .filter((side) => was[side].replace(/\r\n?/g, '\n') !== row[side])
      .map((side) => `${sides[side].label} now has ${label} ${row[side]} (it was ${was[side]}).`);
  });
}
