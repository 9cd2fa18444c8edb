import type { ArchivedState, AuditEntry, Conflict, Link, QueuedEvent, SideName } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';
import { MemoryAudit } from '../store/audit';
import type { Stored } from '../twin/table';
import { CONNECTION } from '../world/connection';
import { entitiesInPlay, markerOf, type EntityInPlay } from '../world/entities';
import type { History } from '../world/journal';
import type { World } from '../world/world';

const SIDES = ['app', 'ledger'] as const;

/** Everything known of one logical record at quiescence. */
export interface Sight {
  entity: EntityInPlay;
  history: History;
  live: Record<SideName, Stored[]>;
  all: Record<SideName, Stored[]>;
  links: Link[];
  /** A conflict, dead letter or waiting event speaks of it. */
  excused: boolean;
  /** Paths that somebody or the policy has decided. */
  decided: string[];
}

/** Everything known of the world at quiescence, read once for all checks. */
export interface Panorama {
  world: World;
  sights: Sight[];
  links: Map<string, Link>;
  audit: readonly AuditEntry[];
  /** What the store has of it: rows, and what the archived ones said of the links. */
  log: { rows: readonly AuditEntry[]; states: readonly ArchivedState[] };
  open: { dead: QueuedEvent[]; waiting: QueuedEvent[]; held: QueuedEvent[]; pending: QueuedEvent[] };
  conflicts: readonly Conflict[];
  conflictLinks: ReadonlySet<string>;
  /** Links that have taken over another one. */
  absorbers: ReadonlySet<string>;
}

export async function look(world: World): Promise<Panorama> {
  const { store } = world;
  const links = await store.links.list(CONNECTION, { limit: 10_000 });
  const kept =
    store.audit instanceof MemoryAudit
      ? store.audit.kept(CONNECTION)
      : await store.audit.list(CONNECTION, { limit: 1_000_000 });
  const audit = [...world.archived, ...kept];
  const states = await store.audit.states(CONNECTION, { limit: 1_000_000 });
  const conflicts = await world.openConflicts();
  const eventsThat = (status: QueuedEvent['status']) =>
    store.queue.list({ connectionId: CONNECTION, status, limit: 10_000 });
  const open = {
    dead: await eventsThat('dead'),
    waiting: await eventsThat('waiting'),
    held: await eventsThat('held'),
    pending: await eventsThat('pending'),
  };
  const conflictLinks = new Set(conflicts.map((conflict) => conflict.linkId));
  const excused = new Set([
    ...conflictLinks,
    ...[...open.dead, ...open.waiting].map((event) => event.linkId),
  ]);
  const decided = decidedByLink(audit);
  const linkOf = new Map<string, Link[]>();
  for (const link of links) {
    for (const side of SIDES) {
      const key = `${side}:${link.entity}:${link[side].id}`;
      if (link[side].id !== null) linkOf.set(key, [...(linkOf.get(key) ?? []), link]);
    }
  }
  const sights = new Map<string, Sight>();
  for (const entity of entitiesInPlay) {
    for (const side of SIDES) {
      const twin = world.twins[side];
      for (const record of twin.all(entity)) {
        const history = world.journal.of(markerOf(entity, record.fields));
        let sight = sights.get(history.marker);
        if (!sight) sights.set(history.marker, (sight = emptySight(entity, history)));
        sight.all[side].push(record);
        if (twin.isLive(record)) sight.live[side].push(record);
        for (const link of linkOf.get(`${side}:${entity}:${record.id}`) ?? []) {
          if (sight.links.includes(link)) continue;
          sight.links.push(link);
          sight.excused ||= excused.has(link.id);
          sight.decided.push(...(decided.get(link.id) ?? []));
        }
      }
    }
  }
  return {
    world,
    sights: [...sights.values()],
    links: new Map(links.map((link) => [link.id, link])),
    audit,
    log: { rows: kept, states },
    open,
    conflicts,
    conflictLinks,
    absorbers: new Set(audit.flatMap(({ linkId, detail }) => (detail['absorbed'] && linkId ? [linkId] : []))),
  };
}

const emptySight = (entity: EntityInPlay, history: History): Sight => ({
  entity,
  history,
  live: { app: [], ledger: [] },
  all: { app: [], ledger: [] },
  links: [],
  excused: false,
  decided: [],
});

/** Also of links that were absorbed: what was decided there holds for the one that took them over. */
function decidedByLink(audit: readonly AuditEntry[]): Map<string, string[]> {
  const byLink = new Map<string, string[]>();
  for (const { linkId, detail } of audit) {
    if (linkId === null) continue;
    const decisions = [detail['decisions'] ?? [], detail['maybeDecided'] ?? []].flat() as {
      path: string;
      by: string;
    }[];
    const paths = decisions.filter(({ by }) => by !== 'edit').map(({ path }) => path);
    const absorbed = typeof detail['absorbed'] === 'string' ? (byLink.get(detail['absorbed']) ?? []) : [];
    if (paths.length + absorbed.length > 0)
      byLink.set(linkId, [...(byLink.get(linkId) ?? []), ...absorbed, ...paths]);
  }
  return byLink;
}

/** The marker of what a reference points to on that side, so that both sides can be compared. */
export function markerOfReference(world: World, side: SideName, value: unknown): string | null {
  const target = value as Fields | null | undefined;
  if (!target) return null;
  const entity = target['entity'] as EntityInPlay;
  const record = world.twins[side].get(entity, target['id'] as string);
  return record ? markerOf(entity, record.fields) : `gone ${String(target['id'])}`;
}
