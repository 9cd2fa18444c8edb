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

/** `Would settle 3 of 4 open conflicts and ask less about 1.` */
export function dryRunSummary({ open, past }: DryRun, days: number): string {
  const parts = [
    countsWords(open, 'open conflict'),
    ...(days > 0 ? [countsWords(past, `conflict of the last ${days === 1 ? 'day' : `${days} days`}`)] : []),
  ];
  return parts.join(' ');
}

function countsWords({ conflicts, decided, partly, otherwise }: DryRunCounts, what: string): string {
  const [one, ...rest] = what.split(' ');
  const noun = [one, ...rest].join(' ').replace('conflict', 'conflicts');
  if (conflicts === 0) return `There are no ${noun}.`;
  const less = partly > 0 ? ` and ask less about ${partly}` : '';
  const other = otherwise > 0 ? ` A person had decided ${otherwise} of them otherwise.` : '';
  return `Would decide ${decided} of ${conflicts} ${conflicts === 1 ? what : noun}${less}.${other}`;
}

export function caseView({ conflict, company, decides, asks, sameAsPerson }: DryRunCase) {
  const { labels, timeZone } = company.sides;
  const label = entityNamed(conflict.entity).label;
  const would = decides.map(({ field, winner }) => `${field.label}: ${labels[winner]} wins`);
  const still = asks.map((field) => field.label);
  return {
    summary: `${label} ${conflict.title}: ${[...would, ...(still.length > 0 ? [`still asked about: ${still.join(', ')}`] : [])].join('; ')}`,
    entity: conflict.entity,
    title: conflict.title,
    happened: happenedWords({ conflict, company }),
    wouldDecide: would,
    wouldStillAsk: still,
    sameAsPerson,
    openedAt: timeOf(conflict.openedAt),
    status: conflict.status,
    company: company.name,
    conflictId: conflict.id,
    connectionId: conflict.connectionId,
  };

  function happenedWords({
    conflict: { status, resolution, closedAt, closeReason, openedAt },
  }: Pick<DryRunCase, 'conflict' | 'company'>): string {
    if (status === 'open') return `Open since ${shownTime(openedAt, timeZone)}`;
    if (!resolution)
      return `Settled${closedAt === null ? '' : ` on ${shownTime(closedAt, timeZone)}`}: ${closeReason ?? 'no reason was kept'}`;
    const by = resolution.decidedBy === undefined ? '' : ` by ${resolution.decidedBy}`;
    const choices = Object.values(resolution.choices).map((choice) =>
      'winner' in choice ? labels[choice.winner] : 'another value',
    );
    return `Decided${by} on ${shownTime(resolution.at, timeZone)}: ${[...new Set(choices)].join(', ')}`;
  }
}
