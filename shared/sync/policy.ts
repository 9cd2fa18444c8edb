import type { PolicyRule, PolicyScope, PolicySet, PolicyWinner } from '../ports';
import type { EntityDefinition, Fields } from '../schema/entity';
import type { Reference } from '../schema/fields';

/** Nobody's edit is dropped unless somebody said so. */
export const defaultWinner: PolicyWinner = 'raise';

/** The record that is decided on. */
export interface PolicySubject {
  connectionId: string;
  entity: string;
  /** Whose document it is, by link id. */
  counterparty: string | null;
}

/** Who wins when both sides moved a field apart. */
export const winnerFor = (policy: PolicySet, subject: PolicySubject, path: string): PolicyWinner =>
  ruleFor(policy.rules, subject, path)?.winner ?? defaultWinner;

/**
 * A rule for the connection beats a general one, then one for the entity, then the one for the closest field
 * (`lines.amount` before `lines` before `*`), then the one for the document's party. Rules that are locked come
 * before all of that, and of those the broadest: nothing more specific overrules it.
 */
export function ruleFor<R extends PolicyRule>(
  rules: readonly R[],
  subject: PolicySubject,
  path: string,
): R | null {
  let best: R | null = null;
  let bestRank = -1;
  let lock: R | null = null;
  let lockRank = Infinity;
  for (const rule of rules) {
    const rank = rankOf(rule, subject, path);
    if (rank > bestRank) {
      best = rule;
      bestRank = rank;
    }
    if (rule.locked && rank >= 0 && rank < lockRank) {
      lock = rule;
      lockRank = rank;
    }
  }
  return lock ?? best;
}

/** Whether whatever the narrower one applies to, the broader one applies to as well. */
export const covers = (broad: PolicyScope, narrow: PolicyScope): boolean =>
  (broad.connectionId === '*' || broad.connectionId === narrow.connectionId) &&
  (broad.entity === '*' || broad.entity === narrow.entity) &&
  (broad.counterparty === undefined || broad.counterparty === narrow.counterparty) &&
  (broad.field === '*' || (narrow.field !== '*' && fieldRank(broad.field, narrow.field) >= 0));

export const isSameScope = (a: PolicyScope, b: PolicyScope): boolean => covers(a, b) && covers(b, a);

/** Longer than any path, so that a broader criterion always outranks a narrower one. */
const STEP = 1000;
/** Less than a letter of a path. */
const PARTY = 0.5;

function rankOf(
  rule: PolicyRule,
  { connectionId, entity, counterparty }: PolicySubject,
  path: string,
): number {
  if (rule.connectionId !== '*' && rule.connectionId !== connectionId) return -1;
  if (rule.entity !== '*' && rule.entity !== entity) return -1;
  if (rule.counterparty !== undefined && rule.counterparty !== counterparty) return -1;
  const field = fieldRank(rule.field, path);
  if (field < 0) return -1;
  const party = rule.counterparty === undefined ? 0 : PARTY;
  return (rule.connectionId === '*' ? 0 : STEP * STEP) + (rule.entity === '*' ? 0 : STEP) + field + party;
}

function fieldRank(field: string, path: string): number {
  if (field === '*') return 0;
  return path === field || path.startsWith(`${field}.`) ? field.length : -1;
}

/**
 * Whose document it is: the party that all of these states name, as far as they name one. While that is being
 * changed it is nobody's, so that no rule for either of the two overwrites anything.
 */
export function counterpartyOf(entity: EntityDefinition, states: readonly (Fields | null)[]): string | null {
  const { counterparty } = entity;
  if (counterparty === null) return null;
  const named = new Set(
    states.flatMap((fields) => (fields?.[counterparty] as Reference | null | undefined)?.id ?? []),
  );
  const [only = null] = named;
  return named.size === 1 ? only : null;
}
