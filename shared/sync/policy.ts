import type { PolicyRule, PolicySet, PolicyWinner } from '../ports';

/** Nobody's edit is dropped unless somebody said so. */
export const defaultWinner: PolicyWinner = 'raise';

/**
 * Who wins when both sides moved a field apart. A rule for the connection beats a general one, then one for
 * the entity, then the one for the closest field: `lines.amount` before `lines` before `*`.
 */
export function winnerFor(
  policy: PolicySet,
  connectionId: string,
  entity: string,
  path: string,
): PolicyWinner {
  let best: PolicyRule | null = null;
  let bestRank = -1;
  for (const rule of policy.rules) {
    const rank = rankOf(rule, connectionId, entity, path);
    if (rank > bestRank) {
      best = rule;
      bestRank = rank;
    }
  }
  return best?.winner ?? defaultWinner;
}

/** Longer than any path, so that a broader criterion always outranks a narrower one. */
const STEP = 1000;

function rankOf(rule: PolicyRule, connectionId: string, entity: string, path: string): number {
  if (rule.connectionId !== '*' && rule.connectionId !== connectionId) return -1;
  if (rule.entity !== '*' && rule.entity !== entity) return -1;
  const field = fieldRank(rule.field, path);
  if (field < 0) return -1;
  return (rule.connectionId === '*' ? 0 : STEP * STEP) + (rule.entity === '*' ? 0 : STEP) + field;
}

function fieldRank(field: string, path: string): number {
  if (field === '*') return 0;
  return path === field || path.startsWith(`${field}.`) ? field.length : -1;
}
