import { LATER, type AnswerIssue, type Answers } from '../people/answers';
import type { Question, QuestionLine, QuestionRow, QuestionSide } from '../people/question';
import { shownWord } from '../people/shown';
import { fields, MOST_NOTE } from './decisionForm';
import { markup, type Markup } from './markup';
import { page, type Page } from './page';

/** What is special about this time that the question is shown. */
export interface Asking {
  /** Whom the link was made for, and until when it is good, as people read it. */
  person: string;
  until: string;
  /** Said above the question, with what is new in detail. */
  notice?: { text: string; details: readonly string[] };
  issues?: readonly AnswerIssue[];
  /** Chosen before. */
  answers?: Answers;
  always?: ReadonlySet<string>;
  note?: string;
  status?: number;
}

/** The question with its answers, as a form that works without any script. */
export function questionPage(question: Question, asking: Asking): Page {
  const { heading, explanation, rows, refreshedAt } = question;
  const { person, until, note = '', status = 200 } = asking;
  const body = markup`
<h1>${heading}</h1>
<p>${explanation}</p>
${noticeOf(asking)}
<form method="post" accept-charset="utf-8">
<input type="hidden" name="${fields.seen}" value="${refreshedAt}">
${rows.map((row, index) => rowOf(question, row, index, asking))}
${linesOf(question)}
${unchangedOf(question)}
<label class="field" for="note"><span>Note for the history (optional)</span></label>
<textarea id="note" name="${fields.note}" maxlength="${MOST_NOTE}">${note}</textarea>
<p><button type="submit">Save decision</button></p>
</form>
<p class="soft small">This page was made for ${person} and can be used once, until ${until}. Nothing is written on either side before you save.</p>
`;
  return page(status, heading, body);
}

function noticeOf({ notice, issues = [] }: Asking): Markup | null {
  const details = [...(notice?.details ?? []), ...issues.map(({ label, message }) => `${label}: ${message}`)];
  const text = notice?.text ?? (issues.length > 0 ? 'Nothing was saved yet. Please correct this:' : null);
  if (text === null) return null;
  const list =
    details.length === 0 ? null : markup`<ul>${details.map((one) => markup`<li>${one}</li>`)}</ul>`;
  return markup`<div class="notice" role="alert"><p>${text}</p>${list}</div>`;
}

function rowOf(question: Question, row: QuestionRow, index: number, asking: Asking): Markup {
  const { sides, rows } = question;
  const { key, label, before, app, ledger, why, answers, rule } = row;
  const given = asking.answers?.[key];
  const isOneOfMany = rows.length > 1;
  const chosen = given?.id ?? row.chosen ?? (isOneOfMany ? LATER : null);
  const issue = asking.issues?.find((one) => one.key === key);
  return markup`
<fieldset${issue ? markup` aria-describedby="issue-${index}"` : null}>
<legend>${label}</legend>
${issue ? markup`<p class="notice" id="issue-${index}">${issue.message}</p>` : null}
<dl class="${before === '' ? 'sides two' : 'sides'}">
${before === '' ? null : pairOf('Before', before)}
${pairOf(headOf(sides.app), app)}
${pairOf(headOf(sides.ledger), ledger)}
</dl>
${why === null ? null : markup`<p class="soft">${why}</p>`}
<input type="hidden" name="${fields.app(key)}" value="${app}">
<input type="hidden" name="${fields.ledger(key)}" value="${ledger}">
${answers.map((answer) => choiceOf(key, answer, chosen))}
${valueOf(row, index, given?.value ?? '')}
${isOneOfMany ? choiceOf(key, { id: LATER, label: 'Decide later' }, chosen) : null}
${rule ? alwaysOf(key, `Do the same next time for ${rule.label}`, asking.always?.has(key) === true) : null}
</fieldset>`;
}

const headOf = ({ label, changed }: QuestionSide): string =>
  changed === null ? label : `${label} (changed ${changed})`;

const pairOf = (head: string, value: string): Markup => markup`<div><dt>${head}</dt><dd>${value}</dd></div>`;

const checked = (isChecked: boolean): Markup | null => (isChecked ? markup` checked` : null);

const choiceOf = (key: string, { id, label }: { id: string; label: string }, chosen: string | null): Markup =>
  markup`<label class="choice"><input type="radio" name="${fields.answer(key)}" value="${id}"${checked(id === chosen)}><span>${label}</span></label>`;

const alwaysOf = (key: string, label: string, isChecked: boolean): Markup =>
  markup`<label class="choice"><input type="checkbox" name="${fields.always(key)}" value="yes"${checked(isChecked)}><span>${label}</span></label>`;

function valueOf({ key, label, input }: QuestionRow, index: number, value: string): Markup | null {
  if (!input) return null;
  const [name, id] = [fields.value(key), `value-${index}`];
  const choices = input.kind === 'boolean' ? ['yes', 'no'] : input.choices;
  const field =
    choices.length > 0
      ? selectOf(id, name, choices, value)
      : markup`<input id="${id}" name="${name}" value="${value}"${typeOf(input.kind)} autocomplete="off">`;
  return markup`<label class="field" for="${id}"><span>Another value for ${label}</span></label>${field}`;
}

function typeOf(kind: string): Markup {
  if (kind === 'date') return markup` type="date"`;
  return kind === 'decimal'
    ? markup` type="text" inputmode="decimal" placeholder="e.g. 12.50"`
    : markup` type="text"`;
}

function selectOf(id: string, name: string, choices: readonly string[], value: string): Markup {
  const options = choices.map((choice) => {
    const selected = choice === value ? markup` selected` : null;
    return markup`<option value="${choice}"${selected}>${shownWord(choice)}</option>`;
  });
  return markup`<select id="${id}" name="${name}"><option value="">Choose</option>${options}</select>`;
}

function linesOf({ lines, sides }: Question): Markup | null {
  const differing = lines.filter(({ differs }) => differs);
  if (differing.length === 0) return null;
  const all =
    differing.length === lines.length
      ? null
      : markup`<details><summary>All ${lines.length} lines</summary>${tableOf(lines, sides)}</details>`;
  return markup`<h2>Lines</h2>${tableOf(differing, sides)}${all}`;
}

function tableOf(lines: readonly QuestionLine[], sides: Question['sides']): Markup {
  const heads = ['Before', sides.app.label, sides.ledger.label];
  const rows = lines.map(({ label, before, app, ledger, differs }) => {
    const cells = [before, app, ledger].map((value, index) => {
      const differing = differs && index > 0 ? markup` class="differs"` : null;
      return markup`<td data-head="${heads[index] ?? ''}"${differing}>${value === '' ? 'Not there' : value}</td>`;
    });
    return markup`<tr><th scope="row">${label}</th>${cells}</tr>`;
  });
  const columns = ['Line', ...heads].map((head) => markup`<th scope="col">${head}</th>`);
  return markup`<table><thead><tr>${columns}</tr></thead><tbody>${rows}</tbody></table>`;
}

function unchangedOf({ unchanged }: Question): Markup | null {
  if (unchanged.length === 0) return null;
  const pairs = unchanged.map(({ label, value }) => pairOf(label, value));
  return markup`<details><summary>The same on both sides (${unchanged.length})</summary><dl class="plain">${pairs}</dl></details>`;
}
