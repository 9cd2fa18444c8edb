import type { AuditEntry, Base } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';
import { editables, valueAt, type EntityInPlay } from '../world/entities';
import type { Panorama } from './sight';

interface Told {
  path: string;
  after?: unknown;
}

/** What the log says of one link, row by row. */
interface Account {
  base: Base | null;
  /** Another link was taken over, with what it knew. */
  hasAbsorbed: boolean;
  /** Both sides have said the same once: until then what is empty is filled in without a decision. */
  hasMet: boolean;
  /** Path -> the value that it was last decided to have. */
  decided: Map<string, unknown>;
  faults: string[];
}

/**
 * Invariant 5, of decisions: nothing that was agreed changes without a decision in the log that says so, what the
 * log says was decided is what holds, and whatever was given up is in it.
 */
export function changesAccountedFor({ audit, links, open, conflictLinks }: Panorama): string[] {
  const accounts = new Map<string, Account>();
  const givenUp = new Set<string>();
  for (const entry of audit) {
    const { linkId, kind, detail } = entry;
    if (linkId === null) continue;
    if (kind === 'dead_letter' || givenUp.has(detail['absorbed'] as string)) givenUp.add(linkId);
    let account = accounts.get(linkId);
    if (!account)
      accounts.set(
        linkId,
        (account = { base: null, hasAbsorbed: false, hasMet: false, decided: new Map(), faults: [] }),
      );
    tell(account, entry, links.get(linkId)?.entity as EntityInPlay | undefined);
  }
  const faults: string[] = [];
  for (const [id, { base, decided, faults: changed }] of accounts) {
    const link = links.get(id);
    if (!link) continue;
    faults.push(...changed.map((fault) => `${link.entity} ${id}: ${fault}`));
    // What is half done is under way still.
    const isOpen = conflictLinks.has(id) || givenUp.has(id);
    if (base?.state !== 'live' || isOpen) continue;
    for (const editable of editables[link.entity as EntityInPlay]) {
      if (!decided.has(editable.path)) continue;
      const [said, held] = [decided.get(editable.path) ?? null, valueAt(base.fields, editable)];
      if (!sameText(said, held))
        faults.push(
          `${link.entity} ${id}: ${editable.path} was decided to be ${String(said)}, agreed is ${String(held)}`,
        );
    }
  }
  for (const { linkId, entity } of open.dead) {
    if (linkId !== null && links.has(linkId) && !givenUp.has(linkId))
      faults.push(`${entity} ${linkId} was given up, and the log does not say so`);
  }
  return faults;
}

/** A side may write what it is sent its own way. */
const sameText = (a: unknown, b: unknown): boolean =>
  (typeof a === 'string' ? a.toLowerCase() : a) === (typeof b === 'string' ? b.toLowerCase() : b);

function tell(account: Account, { kind, detail }: AuditEntry, entity: EntityInPlay | undefined): void {
  const [maybe, decisions] = [detail['maybeDecided'] ?? [], detail['decisions'] ?? []] as [Told[], Told[]];
  // Where it was decided which record stays, all that this one says was.
  const isWhole = [...maybe, ...decisions].some(({ path }) => path === '$state');
  if (isWhole) account.decided.clear();
  for (const { path } of maybe) account.decided.delete(path);
  // What a side has not kept as it was sent is asked about, and not agreed yet.
  const isAsked = kind === 'conflict' || kind === 'resolution_refused';
  for (const { path, after } of isWhole ? [] : decisions) {
    if (isAsked) account.decided.delete(path);
    else account.decided.set(path, after);
  }
  account.hasAbsorbed ||= detail['absorbed'] !== undefined;
  const hadMet = account.hasMet;
  account.hasMet ||= kind === 'synced' || kind === 'in_step';
  const now = (detail['link'] as { base?: Base | null } | undefined)?.base;
  if (now === undefined) return;
  const before = account.base;
  account.base = now;
  if (!entity || before?.state !== 'live' || now?.state !== 'live' || account.hasAbsorbed || !hadMet) return;
  const isTold = (path: string) =>
    isWhole || [...maybe, ...decisions].some((decision) => decision.path === path);
  for (const editable of editables[entity]) {
    const [x, y] = [before, now].map(({ fields }: { fields: Fields }) => valueAt(fields, editable));
    if (!sameText(x, y) && !isTold(editable.path))
      account.faults.push(`${editable.path} went from ${String(x)} to ${String(y)}, and no decision says so`);
  }
}
