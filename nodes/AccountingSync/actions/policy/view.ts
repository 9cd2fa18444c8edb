import type { IExecuteFunctions } from 'n8n-workflow';
import type { DryRun, DryRunCase, DryRunCounts } from '../../../../shared/people/dryRun';
import { namesOf } from '../../../../shared/people/names';
import { ANY, fieldLabel, targetName, type RuleCompany } from '../../../../shared/people/rules';
import {
  companyName,
  partyName,
  ruleWords,
  winnerWords,
  type RuleNames,
} from '../../../../shared/people/ruleWords';
import { shownTime } from '../../../../shared/people/shown';
import type { PolicyChange, PolicyScope } from '../../../../shared/ports';
import { entityNamed } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { sidesOf } from '../sides';

/** The companies that a rule for this connection holds for. */
export async function companiesFor(
  context: Pick<IExecuteFunctions, 'getTimezone'>,
  store: OpenStore,
  connectionId: string,
): Promise<RuleCompany[]> {
  const connections = await store.connections.list();
  return connections
    .filter(({ id }) => connectionId === ANY || id === connectionId)
    .map((connection) => ({
      id: connection.id,
      name: connection.name,
      sides: sidesOf(context, connection),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** What everything is called that these rules are about. */
export async function ruleNames(
  store: OpenStore,
  companies: readonly RuleCompany[],
  rules: readonly PolicyScope[],
): Promise<RuleNames> {
  const parties = new Map<string, string>();
  const withParty = rules.filter(({ counterparty }) => counterparty !== undefined);
  for (const [connectionId, own] of Map.groupBy(withParty, (rule) => rule.connectionId)) {
    const names = await namesOf(
      store,
      connectionId,
      own.flatMap(({ counterparty }) => counterparty ?? []),
    );
    for (const [linkId, name] of names) parties.set(linkId, name);
  }
  return {
    companies: new Map(companies.map(({ id, name, sides }) => [id, { name, ledger: sides.labels.ledger }])),
    parties,
  };
}

const timeOf = (at: number): string => new Date(at).toISOString();

/** A rule, or a change of one: the sentence first, the identifiers last. */
export function changeView(change: PolicyChange, names: RuleNames) {
  const { connectionId, entity, field, winner, locked = false, counterparty, reason, decidedBy } = change;
  return {
    summary: ruleWords(names, change),
    company: companyName(names, connectionId),
    entity,
    entityLabel: targetName({ entity, field: ANY }),
    field,
    fieldLabel: fieldLabel(entity, field),
    customer: counterparty === undefined ? null : partyName(names, counterparty),
    winner,
    locked,
    reason: reason ?? null,
    decidedBy: decidedBy ?? null,
    who: change.by,
    time: timeOf(change.at),
    change: change.version,
    customerLinkId: counterparty ?? null,
    connectionId,
  };
}

/** As `changeView`, with what it took the place of. */
export function historyView(change: PolicyChange, before: PolicyChange | undefined, names: RuleNames) {
  const { connectionId, undoes = null } = change;
  const wordsOf = ({ winner, locked }: Pick<PolicyChange, 'winner' | 'locked'>) =>
    `${winner === null ? 'no rule' : winnerWords(names, connectionId, winner)}${locked ? ' (locked)' : ''}`;
  const view = changeView(change, names);
  return { ...view, before: before ? wordsOf(before) : 'no rule', after: wordsOf(change), undoes };
}

/** `Would decide 3 of 4 open conflicts and ask less about 1.` */
export function dryRunSummary({ open, past }: DryRun, days: number): string {
  const since = days === 1 ? 'of the last day' : `of the last ${days} days`;
  return [
    countsWords(open, (noun) => `open ${noun}`),
    ...(days > 0 ? [countsWords(past, (noun) => `${noun} ${since}`)] : []),
  ].join(' ');
}

function countsWords(counts: DryRunCounts, which: (noun: string) => string): string {
  const { conflicts, decided, partly, otherwise } = counts;
  if (conflicts === 0) return `There are no ${which('conflicts')}.`;
  const what = which(conflicts === 1 ? 'conflict' : 'conflicts');
  const less = partly > 0 ? ` and ask less about ${partly}` : '';
  const other = otherwise > 0 ? ` A person has decided ${otherwise} of them otherwise.` : '';
  return `Would decide ${decided} of ${conflicts} ${what}${less}.${other}`;
}

/** A conflict as the rule would have it. */
export function caseView(tried: DryRunCase) {
  const { conflict, company, decides, asks, sameAsPerson } = tried;
  const would = decides.map(({ field, winner }) => `${field.label}: ${company.sides.labels[winner]} wins`);
  const still = asks.map(({ label }) => label);
  const parts = [...would, ...(still.length > 0 ? [`still asked about: ${still.join(', ')}`] : [])];
  return {
    summary: `${entityNamed(conflict.entity).label} ${conflict.title}: ${parts.join('; ')}`,
    entity: conflict.entity,
    title: conflict.title,
    happened: happenedWords(tried),
    wouldDecide: would,
    wouldStillAsk: still,
    sameAsPerson,
    openedAt: timeOf(conflict.openedAt),
    status: conflict.status,
    company: company.name,
    conflictId: conflict.id,
    connectionId: conflict.connectionId,
  };
}

/** What became of it without the rule. */
function happenedWords({ conflict, company }: DryRunCase): string {
  const { status, resolution, closedAt, closeReason, openedAt } = conflict;
  const { labels, timeZone } = company.sides;
  if (status === 'open') return `Open since ${shownTime(openedAt, timeZone)}`;
  if (!resolution) {
    const when = closedAt === null ? '' : ` on ${shownTime(closedAt, timeZone)}`;
    return `Settled${when}: ${closeReason ?? 'why was not kept'}`;
  }
  const by = resolution.decidedBy === undefined ? '' : ` by ${resolution.decidedBy}`;
  const choices = Object.values(resolution.choices).map((choice) =>
    'winner' in choice ? labels[choice.winner] : 'another value',
  );
  return `Decided${by} on ${shownTime(resolution.at, timeZone)}: ${[...new Set(choices)].join(', ')}`;
}
