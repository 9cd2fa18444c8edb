import type { PolicyRule, PolicyScope, PolicyWinner } from '../ports';
import { entities } from '../schema/entities';
import { defaultWinner, isSameScope, ruleFor } from '../sync/policy';
import { ANY, fieldLabel, targetName } from './rules';

/** Rules in the words of whoever makes them. */

/** What companies, accounting tools and customers are called. */
export interface RuleNames {
  /** By connection id. */
  companies: ReadonlyMap<string, { name: string; ledger: string }>;
  /** By link id. */
  parties: ReadonlyMap<string, string>;
}

export const ALL_COMPANIES = 'All Companies';

export const companyName = ({ companies }: RuleNames, connectionId: string): string =>
  connectionId === ANY ? ALL_COMPANIES : (companies.get(connectionId)?.name ?? connectionId);

/** `ask`, `app wins`, `QuickBooks Online wins`. */
export function winnerWords({ companies }: RuleNames, connectionId: string, winner: PolicyWinner): string {
  if (winner === 'raise') return 'ask';
  const ledger = companies.get(connectionId)?.ledger ?? 'accounting tool';
  return `${winner === 'app' ? 'app' : ledger} wins`;
}

/** `Acme Ltd · Invoices, Due Date · Cool Cars`. */
export function scopeWords(names: RuleNames, scope: PolicyScope): string {
  const { counterparty } = scope;
  const party = counterparty === undefined ? [] : [partyName(names, counterparty)];
  return [companyName(names, scope.connectionId), targetName(scope), ...party].join(' · ');
}

export const partyName = ({ parties }: RuleNames, linkId: string): string =>
  parties.get(linkId) ?? 'a customer that is gone';

/** `Acme Ltd · Invoices: app wins`. */
export function ruleWords(
  names: RuleNames,
  rule: PolicyScope & { winner: PolicyWinner | null; locked?: boolean },
) {
  const { connectionId, winner, locked } = rule;
  const verdict = winner === null ? 'no rule' : winnerWords(names, connectionId, winner);
  return `${scopeWords(names, rule)}: ${verdict}${locked ? ' (locked)' : ''}`;
}

export interface MatrixRow {
  label: string;
  entity: string;
  field: string;
  /** One for all companies, then one for each. */
  cells: MatrixCell[];
}

export interface MatrixCell {
  company: string;
  connectionId: string;
  winner: PolicyWinner;
  /** `Ask`, `App wins`. */
  text: string;
  /** No rule of its own: a broader or a locked one says so, or nobody has said anything. */
  isInherited: boolean;
  isLocked: boolean;
}

/** Who wins, kind of record by kind of record, and field by field where there is a rule for the field. */
export function ruleMatrix(rules: readonly PolicyRule[], names: RuleNames): MatrixRow[] {
  const general = rules.filter(({ counterparty }) => counterparty === undefined);
  const columns = [ANY, ...names.companies.keys()];
  return [ANY, ...entities.map(({ name }) => name)].flatMap((entity) => {
    const withRules = general.filter((rule) => rule.entity === entity).map(({ field }) => field);
    const fields = [ANY, ...new Set(withRules.filter((field) => field !== ANY))];
    return fields.map((field) => ({
      label: field === ANY ? targetName({ entity, field }) : fieldLabel(entity, field),
      entity,
      field,
      cells: columns.map((connectionId) => cellOf(general, names, { connectionId, entity, field })),
    }));
  });
}

function cellOf(rules: readonly PolicyRule[], names: RuleNames, scope: PolicyScope): MatrixCell {
  const { connectionId, entity, field } = scope;
  const rule = ruleFor(rules, { connectionId, entity, counterparty: null }, field);
  const winner = rule?.winner ?? defaultWinner;
  const words = winnerWords(names, connectionId, winner);
  return {
    company: companyName(names, connectionId),
    connectionId,
    winner,
    text: words.charAt(0).toUpperCase() + words.slice(1),
    isInherited: !rule || !isSameScope(rule, scope),
    isLocked: rule?.locked === true,
  };
}
