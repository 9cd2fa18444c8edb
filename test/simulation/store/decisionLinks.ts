import { NotFoundError } from '../../../shared/errors';
import type { DecisionLink, DecisionLinkStore, FoundLink, Resolution } from '../../../shared/ports';
import { decisionLinkCreated } from '../../../shared/store/acts';
import { linkNotUsable } from '../../../shared/store/refusals';
import { MemoryConflicts, staleConflict } from './conflicts';
import type { Session } from './session';

export class MemoryDecisionLinks implements DecisionLinkStore {
  constructor(private readonly session: Session) {}

  async create(
    { token, ...wanted }: Parameters<DecisionLinkStore['create']>[0],
    { now, by }: Parameters<DecisionLinkStore['create']>[1],
  ): Promise<DecisionLink> {
    const { database } = this.session;
    const conflict = database.conflicts.get(wanted.conflictId);
    if (!conflict) throw new NotFoundError(`There is no conflict ${wanted.conflictId} in this store`);
    if (conflict.status !== 'open') throw staleConflict(conflict);
    for (const row of database.decisionLinks.values()) {
      const { conflictId, person } = row.link;
      if (conflictId !== wanted.conflictId || person !== wanted.person || row.usedAt !== null) continue;
      row.isSuperseded = true;
    }
    const link = database.sealed({
      ...wanted,
      connectionId: conflict.connectionId,
      linkId: conflict.linkId,
      seenRefreshedAt: conflict.refreshedAt,
      createdAt: now,
    });
    database.decisionLinks.set(token, { link, usedAt: null, isSuperseded: false });
    database.chain(link.connectionId).add(now, database.sealed(decisionLinkCreated(link, conflict, by)));
    return link;
  }

  async look(token: string, now: number): Promise<FoundLink> {
    const row = this.session.database.decisionLinks.get(token);
    if (!row) return { kind: 'unknown' };
    const { link, usedAt, isSuperseded } = row;
    if (usedAt !== null) return { kind: 'used', link, usedAt };
    if (isSuperseded) return { kind: 'superseded', link };
    return { kind: link.expiresAt <= now ? 'expired' : 'open', link };
  }

  async use(token: string, resolution: Resolution, seenRefreshedAt: number): Promise<void> {
    const found = await this.look(token, resolution.at);
    if (found.kind !== 'open') throw linkNotUsable(found);
    await new MemoryConflicts(this.session).resolve(found.link.conflictId, resolution, seenRefreshedAt);
    const row = this.session.database.decisionLinks.get(token);
    if (row) row.usedAt = resolution.at;
  }

  async page(): Promise<string | null> {
    return this.session.database.decisionPage;
  }

  async setPage(url: string, _now: number): Promise<void> {
    this.session.database.decisionPage = url;
  }

  async clearPage(url: string): Promise<void> {
    const { database } = this.session;
    if (database.decisionPage === url) database.decisionPage = null;
  }
}
