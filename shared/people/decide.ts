import { NotFoundError, StaleVersionError, toSyncError } from '../errors';
import type { Actor, Conflict, ConflictStore, LinkStore, SideCapabilities, SideName } from '../ports';
import { choicesOf, type AnswerIssue, type Answers } from './answers';
import { linksIn, namesOf, type NamingStore } from './names';
import { questionOf, type Question } from './question';
import { MATCH } from '../sync/adopt';

/** What deciding needs of a store. */
export interface DecidingStore extends NamingStore {
  conflicts: Pick<ConflictStore, 'get' | 'resolve'>;
  links: Pick<LinkStore, 'getMany' | 'get' | 'bySide'>;
}

/** How the sides are called, and what they can do; the accounting tool's come from its provider. */
export interface Sides {
  labels: Readonly<Record<SideName, string>>;
  capabilities: Readonly<Record<SideName, SideCapabilities>>;
  timeZone: string;
}

/** A conflict that nobody is asked about any more. */
export interface Over {
  kind: 'over';
  conflictId: string;
  entity: string;
  title: string;
  /** `decided`: somebody has answered, and it is being carried out or is done. `settled`: it ended otherwise. */
  how: 'decided' | 'settled';
  /** Who has answered, as far as it is known. */
  by: string | null;
  at: number | null;
  reason: string | null;
}

export interface Decision {
  conflictId: string;
  /** As the question said that was answered. */
  seenRefreshedAt: number;
  answers: Answers;
  by: Actor;
  decidedBy?: string;
  note?: string;
  now: number;
}

export type Decided =
  | { kind: 'decided'; conflictId: string; question: Question }
  /** It says something else by now: here it is, and what was answered may still fit. */
  | { kind: 'changed'; question: Question }
  | { kind: 'refused'; question: Question; issues: AnswerIssue[] }
  | Over;

/** What a person is asked, or how it ended. NotFoundError where there is no such conflict. */
export async function questionFor(
  store: DecidingStore,
  conflictId: string,
  sides: Sides,
): Promise<{ kind: 'open'; question: Question } | Over> {
  const conflict = await found(store, conflictId);
  if (conflict.status !== 'open') return overOf(conflict);
  return { kind: 'open', question: await asked(store, conflict, sides) };
}

/**
 * Records a decision. It is carried out by the next processing, which the store wakes; until then both sides stay as
 * they are. Nothing is recorded unless all of the answers make sense and the conflict still says what was answered.
 */
export async function decideConflict(
  store: DecidingStore,
  sides: Sides,
  { conflictId, seenRefreshedAt, answers, by, decidedBy, note, now }: Decision,
): Promise<Decided> {
  const conflict = await found(store, conflictId);
  if (conflict.status !== 'open') return overOf(conflict);
  const question = await asked(store, conflict, sides);
  if (conflict.refreshedAt !== seenRefreshedAt) return { kind: 'changed', question };
  const { choices, issues } = choicesOf(conflict, question, answers);
  if (issues.length === 0 && Object.keys(choices).length === 0) {
    issues.push({ key: '', label: 'Decision', message: 'Nothing is decided yet: choose an answer' });
  }
  if (issues.length > 0) return { kind: 'refused', question, issues };
  const who = { ...(decidedBy ? { decidedBy } : {}), ...(note ? { note } : {}) };
  try {
    await store.conflicts.resolve(conflictId, { choices, by, at: now, ...who }, seenRefreshedAt);
    return { kind: 'decided', conflictId, question };
  } catch (error) {
    const failure = toSyncError(error);
    // Somebody else was faster, or a side has changed in between.
    if (!(failure instanceof StaleVersionError)) throw failure;
    const since = await found(store, conflictId);
    return since.status === 'open'
      ? { kind: 'changed', question: await asked(store, since, sides) }
      : overOf(since);
  }
}

async function found(store: DecidingStore, id: string): Promise<Conflict> {
  const conflict = await store.conflicts.get(id);
  if (conflict) return conflict;
  throw new NotFoundError(`There is no conflict ${id}`, {
    nextStep: 'Conflict: Get Many lists those that are open.',
  });
}

async function asked(store: DecidingStore, conflict: Conflict, sides: Sides): Promise<Question> {
  const { connectionId, entity, linkId } = conflict;
  const { app, ledger } = sides.capabilities;
  const link = await store.links.get(linkId);
  const values = conflict.fields.flatMap((field) => [field.base, field.app, field.ledger]);
  const record = conflict.record;
  const fields = record ? [record.base ?? {}, record.app.fields, record.ledger.fields] : [];
  const names = await namesOf(store, connectionId, [linkId, ...[...values, ...fields].flatMap(linksIn)]);
  return questionOf(conflict, {
    labels: sides.labels,
    recordIds: { app: link?.app.id ?? null, ledger: link?.ledger.id ?? null },
    capabilities: { app: app.entities[entity], ledger: ledger.entities[entity] },
    names,
    partners: await partnersOf(store, conflict, sides),
    timeZone: sides.timeZone,
  });
}

/** Those of the records in question that belong to another pair, and the other half of it. */
async function partnersOf(
  store: DecidingStore,
  { connectionId, entity, linkId, fields }: Conflict,
  { labels }: Sides,
): Promise<Map<string, string>> {
  const partners = new Map<string, string>();
  const match = fields.find(({ path }) => path === MATCH);
  if (!match) return partners;
  const side: SideName = Array.isArray(match.app) ? 'app' : 'ledger';
  const half: SideName = side === 'app' ? 'ledger' : 'app';
  const ids = (match.candidates ?? []).map(({ id }) => id);
  const links = await store.links.bySide(connectionId, entity, side, ids);
  const taken = [...links.values()].filter(
    (link) => link.id !== linkId && link[half].id !== null && (link.base?.state ?? 'live') === 'live',
  );
  const names = await namesOf(
    store,
    connectionId,
    taken.map(({ id }) => id),
  );
  for (const link of taken) {
    const name = names.get(link.id) ?? link[half].id;
    partners.set(link[side].id ?? '', `${name} in ${labels[half]} (ID ${link[half].id})`);
  }
  return partners;
}

function overOf(conflict: Conflict): Over {
  const { id, entity, title, resolution, closedAt, closeReason } = conflict;
  const isDecided = resolution !== null;
  return {
    kind: 'over',
    conflictId: id,
    entity,
    title,
    how: isDecided ? 'decided' : 'settled',
    by: resolution?.decidedBy ?? null,
    at: isDecided ? resolution.at : closedAt,
    reason: isDecided ? null : closeReason,
  };
}
