import type { Connection } from '../../../../shared/ports';
import { entityNamed } from '../../../../shared/schema/entities';
import type { EntityImport } from '../../../../shared/sync/import';
import type { EntityRehearsal } from '../../../../shared/sync/rehearse';
import { escaped, htmlField, tableOf, type FormField } from '../conflict/formFields';

/** The import in plain words: what it would do, and what it has done. */

export interface Question {
  heading: string;
  why: string;
  fields: string;
}

export interface Problem {
  record: string;
  reason: string;
}

/** What would become of the records of one entity. */
export interface EntityPlan {
  entity: string;
  label: string;
  inApp: number;
  inLedger: number;
  wouldLink: number;
  wouldCreateInApp: number;
  wouldCreateInLedger: number;
  wouldAsk: number;
  wouldFail: number;
  wouldWait: number;
}

/** What a dry run has found, as the node outputs it. */
export interface DryRunView {
  summary: string;
  cost: string;
  wouldLink: number;
  wouldCreateInApp: number;
  wouldCreateInLedger: number;
  wouldAsk: number;
  wouldFail: number;
  wouldWait: number;
  readsUsed: number;
  writesNeeded: number;
  dailyReadBudget: number | null;
  /** Why not everything was looked at; null where it was. */
  stoppedBy: string | null;
  entities: EntityPlan[];
  questions: Question[];
  questionsLeftOut: number;
  problems: Problem[];
  problemsLeftOut: number;
}

const sumOf = <T>(items: readonly T[], count: (item: T) => number): number =>
  items.reduce((sum, item) => sum + count(item), 0);

const totalsOf = (entities: readonly EntityRehearsal[]) => ({
  wouldLink: sumOf(entities, ({ linked }) => linked),
  wouldCreateInApp: sumOf(entities, ({ creates }) => creates.app),
  wouldCreateInLedger: sumOf(entities, ({ creates }) => creates.ledger),
  wouldAsk: sumOf(entities, ({ conflicts }) => conflicts),
  wouldFail: sumOf(entities, ({ failed }) => failed),
  wouldWait: sumOf(entities, ({ waiting }) => waiting),
  writesNeeded: sumOf(entities, ({ writes }) => writes.ledger),
});

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

export function dryRunView(
  entities: readonly EntityRehearsal[],
  found: {
    questions: Question[];
    questionsLeftOut: number;
    problems: Problem[];
    problemsLeftOut: number;
    readsUsed: number;
    stoppedBy: string | null;
  },
  { settings }: Connection,
  ledger: string,
): DryRunView {
  const totals = totalsOf(entities);
  const dailyReadBudget = settings.dailyReadBudget ?? null;
  const { readsUsed, stoppedBy } = found;
  const rest = [
    ...(totals.wouldFail > 0 ? [`${totals.wouldFail} would fail`] : []),
    ...(totals.wouldWait > 0 ? [`${totals.wouldWait} would wait for something else`] : []),
  ];
  const summary = [
    `Would link ${totals.wouldLink}, create ${totals.wouldCreateInApp} in your app and ${totals.wouldCreateInLedger} in ${ledger}, and ask about ${totals.wouldAsk}.`,
    ...(rest.length > 0 ? [`${rest.join(', ')}.`] : []),
    ...(stoppedBy === null ? [] : [`Not everything was looked at: ${stoppedBy}`]),
  ].join(' ');
  const budget = dailyReadBudget === null ? '' : `, of ${dailyReadBudget} a day`;
  return {
    summary,
    cost: `The dry run has read ${count(readsUsed, 'time')} from ${ledger}. The import reads about as often${budget}, and writes ${count(totals.writesNeeded, 'time')}.`,
    ...totals,
    dailyReadBudget,
    ...found,
    entities: entities.map(({ entity, inLedger, inApp, linked, creates, conflicts, failed, waiting }) => ({
      entity,
      label: entityNamed(entity).plural,
      inApp,
      inLedger,
      wouldLink: linked,
      wouldCreateInApp: creates.app,
      wouldCreateInLedger: creates.ledger,
      wouldAsk: conflicts,
      wouldFail: failed,
      wouldWait: waiting,
    })),
  };
}

const listed = (items: readonly string[], leftOut: number): string =>
  `<ul>${items.map((item) => `<li>${item}</li>`).join('')}${leftOut > 0 ? `<li>and ${leftOut} more</li>` : ''}</ul>`;

/** On a line of a phone there is no room for a column each. */
const plannedFor = (plan: EntityPlan, ledger: string): string =>
  [
    [plan.wouldLink, 'to link'],
    [plan.wouldCreateInApp, 'new in your app'],
    [plan.wouldCreateInLedger, `new in ${ledger}`],
    [plan.wouldAsk, 'to ask about'],
    [plan.wouldFail, 'would fail'],
    [plan.wouldWait, 'would wait'],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ') || 'Nothing to do';

/** The same as a page of an n8n form shows it. */
export function dryRunFields(view: DryRunView, ledger: string): FormField[] {
  const rows = view.entities
    .filter(({ inApp, inLedger }) => inApp !== 0 || inLedger !== 0)
    .map((entity): [string, string] => [entity.label, plannedFor(entity, ledger)]);
  const questions = view.questions.map(
    ({ heading, why, fields }) =>
      `<strong>${escaped(heading)}</strong><br>${escaped(why)}${fields === '' ? '' : ` ${escaped(`It is about: ${fields}.`)}`}`,
  );
  const problems = view.problems.map(
    ({ record, reason }) => `<strong>${escaped(record)}</strong><br>${escaped(reason)}`,
  );
  return [
    htmlField(
      [
        `<h2>${escaped(view.summary)}</h2>`,
        '<p>Nothing has been written or stored so far, and the import overwrites nothing.</p>',
        ...(rows.length === 0 ? [] : [tableOf(rows)]),
        `<p>${escaped(view.cost)}</p>`,
      ].join(''),
    ),
    ...(questions.length === 0
      ? []
      : [htmlField(`<h3>You would be asked about</h3>${listed(questions, view.questionsLeftOut)}`)]),
    ...(problems.length === 0
      ? []
      : [htmlField(`<h3>Would fail</h3>${listed(problems, view.problemsLeftOut)}`)]),
  ];
}

/** What an import has done, on one line. */
export function importSummary(entities: readonly EntityImport[], stoppedBy: string | null): string {
  const sum = (name: 'linked' | 'created' | 'conflicts' | 'failed' | 'waiting') =>
    sumOf(entities, (entity) => entity[name]);
  return [
    `Linked ${sum('linked')}, created ${sum('created')}, ask about ${sum('conflicts')}, failed ${sum('failed')}, waiting ${sum('waiting')}.`,
    ...(stoppedBy === null ? [] : [`The import stopped half-way: ${stoppedBy}`]),
  ].join(' ');
}

export function importFields(entities: readonly EntityImport[], stoppedBy: string | null): FormField[] {
  const rows = entities
    .filter(({ inApp, inLedger }) => inApp + inLedger > 0)
    .map(({ entity, linked, created, conflicts, failed, waiting }): [string, string] => [
      entityNamed(entity).plural,
      importSummaryOf({ linked, created, conflicts, failed, waiting }),
    ]);
  return [
    htmlField(
      `<h2>${escaped(importSummary(entities, stoppedBy))}</h2>${rows.length === 0 ? '' : tableOf(rows)}`,
    ),
  ];
}

const importSummaryOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ') || 'Nothing to do';
