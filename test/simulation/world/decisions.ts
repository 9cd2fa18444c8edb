import type { Claim, Conflict, FieldConflict, Intent, PolicyWinner, Resolution } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';

interface Rule {
  connectionId: string;
  entity: string;
  field: string;
  /** The link of the customer whose documents it is for. */
  counterparty?: string;
  locked?: boolean;
  winner: PolicyWinner;
}

interface Decided {
  path: string;
  from: string;
}

/** The link of the customer whose document this is, as this state says. */
export const customerIn = (fields: Fields | null | undefined): string | null =>
  ((fields?.['customer'] as Fields | null | undefined)?.['id'] as string | undefined) ?? null;

interface Resolved {
  app: string | null;
  ledger: string | null;
  choices: Resolution['choices'];
  fields: readonly FieldConflict[];
}

/**
 * What people have decided, kept by the world itself: the policy in force, and the states that were looked at
 * when conflicts were resolved. Judged by its own few lines, so that the engine's mistakes are not repeated here.
 */
export class Decisions {
  private readonly rules = new Map<string, Rule>();
  private readonly resolved = new Map<string, Resolved>();
  /** How often a rule was set or taken back. */
  policyVersion = 0;

  setRule(rule: Omit<Rule, 'winner'> & { winner: PolicyWinner | null }): void {
    this.policyVersion++;
    const key = `${rule.connectionId}|${rule.entity}|${rule.field}|${rule.counterparty ?? ''}`;
    if (rule.winner === null) this.rules.delete(key);
    else this.rules.set(key, { ...rule, winner: rule.winner });
  }

  setResolution(conflict: Conflict, made: Resolution['choices']): void {
    const before = conflict.fields.flatMap(({ path, chosen }) => (chosen ? [[path, chosen] as const] : []));
    const choices = { ...Object.fromEntries(before), ...made };
    this.resolved.set(conflict.linkId, {
      app: conflict.appVersion,
      ledger: conflict.ledgerVersion,
      choices,
      fields: conflict.fields,
    });
  }

  /** Whether the value that a decision names is the one that was chosen. */
  againstChoice(
    linkId: string,
    { path, from, after }: { path: string; from: string; after?: unknown },
  ): string | null {
    const resolved = this.resolved.get(linkId);
    const choice = resolved?.choices[path];
    if (!resolved || !choice || path.includes('$')) return null;
    const field = resolved.fields.find((each) => each.path === path);
    const chosen = 'value' in choice ? choice.value : field?.[choice.winner];
    const by = 'value' in choice ? 'typed' : choice.winner;
    if (from !== by) return `${path} was chosen from ${by} and taken from ${from}`;
    const [x, y] = [JSON.stringify(chosen ?? null), JSON.stringify(after ?? null)];
    // What a field refers to may go by another link by now.
    const isPlain = !path.startsWith('lines') && (typeof chosen !== 'object' || chosen === null);
    return !isPlain || x === y ? null : `${path} was chosen to be ${x} and became ${y}`;
  }

  /** Whether a rule in force has decided so, for the customer whose document it was then. */
  againstPolicy(
    { link }: Claim,
    { desired, decisions = [] }: Intent,
    { path, from }: Decided,
  ): string | null {
    const is = customerIn(desired);
    const was = customerIn(link.base?.fields);
    const isMoved = (decisions as Decided[]).some((decision) => decision.path === 'customer');
    // A removal says nothing of what else was changed on the side that keeps the record.
    const isUnclear = path === '$state' || (was !== null && was !== is);
    const customers = isMoved ? [null] : isUnclear ? [is, null] : [is];
    const winners = customers.map((customer) => this.winnerFor(link.entity, path, customer));
    return winners.some((winner) => winner === from)
      ? null
      : `${path} was decided for ${from}, the policy in force says ${winners[0]}`;
  }

  againstResolution(linkId: string, intent: Intent): string | null {
    const seen = this.resolved.get(linkId);
    if (!seen) return 'was decided by a resolution that nobody made';
    if (intent.operation === 'create' || seen[intent.side] === intent.expectedVersion) return null;
    return `the resolution looked at version ${seen[intent.side]} of the ${intent.side}, the write is on ${intent.expectedVersion}`;
  }

  /**
   * The most specific rule: connection before entity before the longest field before the customer. Of locked ones
   * the least specific, whatever else there is.
   */
  winnerFor(entity: string, instance: string, customer: string | null): PolicyWinner {
    const path = instance.replace(/\[[^\]]*\]/g, '');
    const matching = [...this.rules.values()].filter(
      (rule) =>
        (rule.entity === '*' || rule.entity === entity) &&
        (rule.counterparty === undefined || rule.counterparty === customer) &&
        (rule.field === '*' || rule.field === path || path.startsWith(`${rule.field}.`)),
    );
    const weight = (rule: Rule) => [
      rule.connectionId === '*' ? 0 : 1,
      rule.entity === '*' ? 0 : 1,
      rule.field === '*' ? 0 : rule.field.length,
      rule.counterparty === undefined ? 0 : 1,
    ];
    matching.sort((a, b) => {
      const [x, y] = [weight(a), weight(b)];
      const at = x.findIndex((value, i) => value !== y[i]);
      return at < 0 ? 0 : (y[at] as number) - (x[at] as number);
    });
    const inForce = matching.findLast(({ locked }) => locked) ?? matching[0];
    return inForce?.winner ?? 'raise';
  }
}
