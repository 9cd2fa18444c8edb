import {
  ALL_ENTITIES,
  ANY,
  ruleFieldsOf,
  targetName,
  type RuleCompany,
  type RuleProblem,
} from '../../../../shared/people/rules';
import { ALL_COMPANIES, type MatrixCell, type MatrixRow } from '../../../../shared/people/ruleWords';
import { entities } from '../../../../shared/schema/entities';
import { escaped, htmlField, plain, type FormField } from '../conflict/formFields';
import type { caseView, changeView } from './view';

/** Pages of an n8n Form by which a rule is set: what is chosen, and what it would do. */

/** Columns that fit a phone. */
const MOST_COMPANIES = 3;
/** Conflicts that somebody reads through. */
const MOST_CONFLICTS = 20;

export const WINNERS = ['Ask a person', 'The app wins', 'The accounting tool wins'] as const;
const LOCKS = ['No', 'Yes, nothing more specific overrules it'] as const;
const SET = 'Set the rule';
const OVERWRITE = 'Set the rule, and overwrite amounts without asking';
const LEAVE = 'Leave everything as it is';

const radio = (fieldName: string, fieldLabel: string, options: readonly string[]): FormField => ({
  fieldType: 'radio',
  fieldLabel,
  fieldName,
  fieldOptions: { values: options.map((option) => ({ option })) },
  ...(options[0] === undefined ? {} : { defaultValue: options[0] }),
});

const dropdown = (
  fieldName: string,
  fieldLabel: string,
  options: readonly string[],
  defaultValue: string,
): FormField => ({ ...radio(fieldName, fieldLabel, options), fieldType: 'dropdown', defaultValue });

export function chooseRuleFields(
  matrix: readonly MatrixRow[],
  rules: readonly ReturnType<typeof changeView>[],
  companies: readonly RuleCompany[],
): FormField[] {
  const names = companies.map(({ name }) => plain(name));
  return [
    htmlField(
      `<h2>Who wins where both sides have changed the same field?</h2>${matrixHtml(matrix)}${listHtml(rules)}`,
    ),
    dropdown('company', 'Company', [...names, ALL_COMPANIES], names[0] ?? ALL_COMPANIES),
    dropdown('what', 'What', targets(), 'Invoices'),
    radio('winner', 'Winner', WINNERS),
    {
      fieldType: 'text',
      fieldLabel: 'Only documents of this customer (optional)',
      fieldName: 'customer',
      placeholder: 'Name or ID',
    },
    radio('locked', 'Lock', LOCKS),
    {
      fieldType: 'textarea',
      fieldLabel: 'Reason (optional)',
      fieldName: 'reason',
      placeholder: 'Why, for whoever looks at the history',
    },
  ];
}

/** `Invoices`, `Invoices, Due Date`: what Set takes apart again. */
const targets = (): string[] => [
  ALL_ENTITIES,
  ...entities
    .toSorted((a, b) => a.plural.localeCompare(b.plural))
    .flatMap(({ name }) => ruleFieldsOf(name).map(({ path }) => targetName({ entity: name, field: path }))),
];

function matrixHtml(matrix: readonly MatrixRow[]): string {
  const shown = (cells: readonly MatrixCell[]) => cells.slice(0, MOST_COMPANIES + 1);
  const heads = shown(matrix[0]?.cells ?? []).map(
    ({ company }) => `<th scope="col">${escaped(company)}</th>`,
  );
  const rows = matrix.map(({ label, field, cells }) => {
    const name = field === ANY ? escaped(label) : `&nbsp;&nbsp;${escaped(label)}`;
    return `<tr><th scope="row">${name}</th>${shown(cells).map(cellHtml).join('')}</tr>`;
  });
  const more = (matrix[0]?.cells.length ?? 0) - MOST_COMPANIES - 1;
  const note = more > 0 ? ` There are ${more} more companies.` : '';
  return `<table><thead><tr><th scope="col">Records</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table><p><em>In italics: inherited from a broader rule, or nobody has said anything yet.${note}</em></p>`;
}

const cellHtml = ({ text, isInherited, isLocked }: MatrixCell): string => {
  const words = escaped(isLocked ? `${text} (locked)` : text);
  return `<td>${isInherited ? `<em>${words}</em>` : `<strong>${words}</strong>`}</td>`;
};

/** Rules that the matrix has no place for. */
function listHtml(rules: readonly ReturnType<typeof changeView>[]): string {
  const own = rules.filter(({ customer }) => customer !== null);
  if (own.length === 0) return '';
  return `<p>For single customers:</p><ul>${own.map(({ summary }) => `<li>${escaped(summary)}</li>`).join('')}</ul>`;
}

export interface TriedRule {
  rule: string;
  summary: string;
  problem: RuleProblem | null;
  conflicts: readonly ReturnType<typeof caseView>[];
}

export function confirmRuleFields({ rule, summary, problem, conflicts }: TriedRule): FormField[] {
  const warning = problem ? `<p><strong>${escaped(`${problem.message}.`)}</strong></p>` : '';
  const options =
    problem?.kind === 'impossible' ? [LEAVE] : [LEAVE, problem?.kind === 'unconfirmed' ? OVERWRITE : SET];
  return [
    htmlField(`<h2>${escaped(rule)}</h2>${warning}<p>${escaped(summary)}</p>${casesHtml(conflicts)}`),
    radio('confirm', 'Set this rule?', options),
  ];
}

function casesHtml(conflicts: TriedRule['conflicts']): string {
  if (conflicts.length === 0) return '';
  const rows = conflicts
    .slice(0, MOST_CONFLICTS)
    .map(({ summary, happened }) => `<tr><td>${escaped(summary)}</td><td>${escaped(happened)}</td></tr>`);
  return `<table><thead><tr><th scope="col">With this rule</th><th scope="col">What happened</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
