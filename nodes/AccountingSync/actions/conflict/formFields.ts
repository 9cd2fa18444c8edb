import type { Answer, AnswerIssue, Answers } from '../../../../shared/people/answers';
import type { InputKind, Question, QuestionRow } from '../../../../shared/people/question';
import { cut } from '../../../../shared/schema/text';

/** A question as the JSON fields of an n8n Form page, and what such a page answers. */

export interface FormField {
  fieldType: string;
  fieldLabel?: string;
  requiredField?: boolean;
  fieldName?: string;
  fieldValue?: string;
  defaultValue?: string;
  placeholder?: string;
  html?: string;
  fieldOptions?: { values: { option: string }[] };
}

/** Said above the question: what was wrong with the last answer, or that a side has changed. */
export interface FormNotice {
  text: string;
  issues?: readonly AnswerIssue[];
  /** Chosen before. */
  answers?: Answers;
}

const NOT_NOW = 'Decide later';
const YES = 'Yes';
/** An option is one line of a phone. */
const OPTION_LENGTH = 80;

const names = {
  conflict: 'conflictId',
  version: 'version',
  /** Which row is which, as long as the page is open. */
  keys: 'keys',
  answer: (index: number) => `answer_${index}`,
  value: (index: number) => `value_${index}`,
  always: (index: number) => `always_${index}`,
  note: 'note',
} as const;

export function formFieldsOf(question: Question, notice?: FormNotice): FormField[] {
  const { heading, explanation, rows, lines, unchanged, conflictId, refreshedAt } = question;
  const head = [
    ...(notice ? [noticeHtml(notice)] : []),
    `<h2>${escaped(heading)}</h2>`,
    `<p>${escaped(explanation)}</p>`,
  ];
  const differing = lines.filter(({ differs }) => differs);
  return [
    htmlField(head.join('')),
    ...rows.flatMap((row, index) => rowFields(question, row, index, notice)),
    ...(differing.length > 0 ? [htmlField(linesHtml(question))] : []),
    ...(unchanged.length > 0 ? [htmlField(unchangedHtml(unchanged))] : []),
    {
      fieldType: 'textarea',
      fieldLabel: 'Note (optional)',
      fieldName: names.note,
      placeholder: 'Why, for whoever looks at the history',
    },
    { fieldType: 'hiddenField', fieldName: names.conflict, fieldValue: conflictId },
    { fieldType: 'hiddenField', fieldName: names.version, fieldValue: String(refreshedAt) },
    {
      fieldType: 'hiddenField',
      fieldName: names.keys,
      fieldValue: rows.map(({ key }) => encodeURIComponent(key)).join(','),
    },
  ];
}

export const htmlField = (html: string): FormField => ({ fieldType: 'html', html });

function noticeHtml({ text, issues = [] }: FormNotice): string {
  const list = issues.map(({ label, message }) => `<li>${escaped(`${label} ${message}`)}</li>`).join('');
  return `<p><strong>${escaped(text)}</strong></p>${list === '' ? '' : `<ul>${list}</ul>`}`;
}

function rowFields(
  { sides }: Question,
  row: QuestionRow,
  index: number,
  notice: FormNotice | undefined,
): FormField[] {
  const { label, before, app, ledger, why, input, rule } = row;
  const table = tableOf([
    ...(before === '' ? [] : [['Before', before] as const]),
    [sideHead(sides.app), app],
    [sideHead(sides.ledger), ledger],
  ]);
  const reason = why === null ? '' : `<p><em>${escaped(why)}</em></p>`;
  const answer = notice?.answers?.[row.key];
  const chosen = answer?.id ?? row.chosen;
  const options = [...row.answers.map((one) => optionOf(one.label)), NOT_NOW];
  const preset = row.answers.find(({ id }) => id === chosen);
  return [
    htmlField(`<h3>${escaped(label)}</h3>${table}${reason}`),
    {
      fieldType: 'radio',
      fieldLabel: `Decision: ${plain(label)}`,
      fieldName: names.answer(index),
      fieldOptions: { values: options.map((option) => ({ option })) },
      ...(preset ? { defaultValue: optionOf(preset.label) } : {}),
    },
    ...(input ? [valueField(label, input, index, answer?.value)] : []),
    ...(rule
      ? [
          {
            fieldType: 'radio',
            fieldLabel: `Do the same next time, for ${plain(rule.label)}?`,
            fieldName: names.always(index),
            fieldOptions: { values: [{ option: 'No, ask again' }, { option: YES }] },
          },
        ]
      : []),
  ];
}

const sideHead = ({ label, changed }: Question['sides']['app']): string =>
  changed === null ? label : `${label} (changed ${changed})`;

const FIELD_TYPES: Readonly<Record<InputKind, string>> = {
  text: 'text',
  date: 'date',
  // A number field would take decimals apart by the browser's language.
  decimal: 'text',
  choice: 'dropdown',
  boolean: 'dropdown',
};

function valueField(
  label: string,
  input: NonNullable<QuestionRow['input']>,
  index: number,
  value: string | undefined,
): FormField {
  const choices = input.kind === 'boolean' ? ['Yes', 'No'] : input.choices;
  return {
    fieldType: FIELD_TYPES[input.kind],
    fieldLabel: `Another value: ${plain(label)}`,
    fieldName: names.value(index),
    ...(input.kind === 'decimal' ? { placeholder: 'e.g. 12.50' } : {}),
    ...(choices.length > 0 ? { fieldOptions: { values: choices.map((option) => ({ option })) } } : {}),
    ...(value === undefined ? {} : { defaultValue: value }),
  };
}

function linesHtml({ lines, sides }: Question): string {
  const rows = lines.map(({ label, app, ledger, differs }) => {
    const cell = (text: string) =>
      `<td>${differs ? `<strong>${escaped(text || 'Not there')}</strong>` : escaped(text)}</td>`;
    return `<tr><th scope="row">${escaped(label)}</th>${cell(app)}${cell(ledger)}</tr>`;
  });
  const heads = ['Line', sides.app.label, sides.ledger.label];
  const head = heads.map((text) => `<th scope="col">${escaped(text)}</th>`).join('');
  return `<h3>Lines</h3><table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const unchangedHtml = (unchanged: Question['unchanged']): string =>
  `<h3>The same on both sides</h3>${tableOf(unchanged.map(({ label, value }) => [label, value] as const))}`;

export function tableOf(rows: readonly (readonly [string, string])[]): string {
  const body = rows.map(
    ([head, text]) => `<tr><th scope="row">${escaped(head)}</th><td>${escaped(text)}</td></tr>`,
  );
  return `<table><tbody>${body.join('')}</tbody></table>`;
}

/** n8n takes the HTML of a field as it is. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** n8n escapes labels twice, so that markup would be shown as entities. */
export const plain = (text: string): string => text.replace(/[<>]/g, '');

/** An option is answered by its own text. */
const optionOf = (label: string): string => cut(plain(label), OPTION_LENGTH);

/** What the page has answered, for the question as it is now. */
export interface FormAnswers {
  conflictId: string;
  version: string;
  answers: Answers;
  /** Rows that are to be decided like this from now on. */
  always: string[];
  note: string;
}

export function readForm(form: Readonly<Record<string, unknown>>, question: Question): FormAnswers {
  const text = (name: string) => {
    const value = form[name];
    return typeof value === 'string' ? value : Array.isArray(value) ? String(value[0] ?? '') : '';
  };
  const answers: Record<string, Answer> = {};
  const always: string[] = [];
  const keys = text(names.keys).split(',').filter(Boolean).map(keyIn);
  keys.forEach((key, index) => {
    const row = question.rows.find((candidate) => candidate.key === key);
    const option = decoded(text(names.answer(index)));
    const value = text(names.value(index)).trim();
    // Who types a value and chooses nothing means the value.
    if (option === NOT_NOW || (option === '' && value === '')) return;
    const id = option === '' ? 'value' : answerOf(question, row, option);
    answers[key] = id === 'value' ? { id, value } : { id };
    if (decoded(text(names.always(index))) === YES) always.push(key);
  });
  return {
    conflictId: text(names.conflict),
    version: text(names.version),
    answers,
    always,
    note: text(names.note).trim(),
  };
}

function keyIn(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The answer whose text was chosen. A side that says something else by now is still the side that was chosen. */
function answerOf({ sides }: Question, row: QuestionRow | undefined, option: string): string {
  const exact = row?.answers.find(({ label }) => decoded(optionOf(label)) === option);
  if (exact) return exact.id;
  const side = (['app', 'ledger'] as const).find((name) => option.startsWith(`${sides[name].label}: `));
  return side ?? option;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
};

/** What n8n has done to a text on its way to the page and back is undone. */
const decoded = (text: string): string =>
  text
    .replace(/&(amp|lt|gt|quot|apos|#39);/g, (_whole, name: string) => ENTITIES[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim();
