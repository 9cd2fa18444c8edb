import type { Link, LinkSide, LinkStore, SideName } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import { shownTitle } from '../../../shared/schema/entity';
import { titleKey } from '../../../shared/store/rows';
import type { MemoryDatabase } from './memoryDatabase';
import { compareText, linkOf, type ConnectionRow, type LinkRow, type SideIndex } from './rows';
import type { Session } from './session';

export class MemoryLinks implements LinkStore {
  constructor(private readonly session: Session) {}

  async get(id: string): Promise<Link | null> {
    const { database } = this.session;
    const row = database.links.get(id);
    return row ? database.sealed(linkOf(row)) : null;
  }

  async getMany(ids: readonly string[]): Promise<Map<string, Link>> {
    const { database } = this.session;
    const found = new Map<string, Link>();
    for (const id of ids) {
      const row = database.links.get(id);
      if (row) found.set(id, database.sealed(linkOf(row)));
    }
    return found;
  }

  async bySide(
    connectionId: string,
    entity: string,
    side: SideName,
    recordIds: readonly string[],
  ): Promise<Map<string, Link>> {
    const { database } = this.session;
    const connection = database.connections.get(connectionId);
    const found = new Map<string, Link>();
    if (!connection) return found;
    for (const recordId of recordIds) {
      const row = findLink(connection, entity, side, recordId);
      if (row) found.set(recordId, database.sealed(linkOf(row)));
    }
    return found;
  }

  async ensure(
    connectionId: string,
    entity: string,
    side: SideName,
    recordId: string,
    _now: number,
  ): Promise<Link> {
    const { database } = this.session;
    const connection = database.connection(connectionId);
    const row =
      findLink(connection, entity, side, recordId) ?? makeLink(database, connection, entity, side, recordId);
    return database.sealed(linkOf(row));
  }

  async list(
    connectionId: string,
    { entity, afterId, limit }: Parameters<LinkStore['list']>[1],
  ): Promise<Link[]> {
    const { database } = this.session;
    const rows = database.connections.get(connectionId)?.links ?? [];
    return database.sealed(
      rows
        .filter(
          (row) =>
            (entity === undefined || row.entity === entity) && (afterId === undefined || row.id > afterId),
        )
        .sort((a, b) => compareText(a.id, b.id))
        .slice(0, limit)
        .map(linkOf),
    );
  }

  async titled(
    connectionId: string,
    entity: string,
    { text, limit }: Parameters<LinkStore['titled']>[2],
  ): Promise<Link[]> {
    const { database } = this.session;
    const from = titleKey(text);
    const titleOf = ({ base }: LinkRow): string => {
      const title = base && shownTitle(entityNamed(entity), base.fields);
      return title === null ? '' : titleKey(title);
    };
    return database.sealed(
      (database.connections.get(connectionId)?.links ?? [])
        .filter((row) => row.entity === entity && titleOf(row) !== '' && titleOf(row).startsWith(from))
        .sort((a, b) => compareText(titleOf(a), titleOf(b)) || compareText(a.id, b.id))
        .slice(0, limit)
        .map(linkOf),
    );
  }
}

const NOTHING: LinkSide = Object.freeze({ id: null, version: null, asOf: null, echo: null });

const indexOf = (connection: ConnectionRow, side: SideName): SideIndex =>
  side === 'app' ? connection.byApp : connection.byLedger;

export function findLink(
  connection: ConnectionRow,
  entity: string,
  side: SideName,
  recordId: string,
): LinkRow | undefined {
  return indexOf(connection, side).get(entity)?.get(recordId);
}

/** A link of a record that is known on one side only. */
export function makeLink(
  database: MemoryDatabase,
  connection: ConnectionRow,
  entity: string,
  side: SideName,
  recordId: string,
  replacedBy: string | null = null,
): LinkRow {
  const known: LinkSide = database.sealed({ id: recordId, version: null, asOf: null, echo: null });
  const row: LinkRow = {
    id: database.random.id(),
    connection,
    entity,
    app: side === 'app' ? known : NOTHING,
    ledger: side === 'ledger' ? known : NOTHING,
    base: null,
    lines: database.sealed([]),
    fence: 0,
    replacedBy,
    leaseOwner: null,
    leasedAt: null,
    leaseUntil: null,
    nextDueAt: null,
    settledAt: null,
    events: [],
    intents: [],
    conflict: null,
    notices: { conflict: null, failure: null },
  };
  database.links.set(row.id, row);
  connection.links.push(row);
  addToIndex(row, side, recordId);
  return row;
}

function addToIndex(row: LinkRow, side: SideName, recordId: string): void {
  const index = indexOf(row.connection, side);
  const known = index.get(row.entity);
  if (known) known.set(recordId, row);
  else index.set(row.entity, new Map([[recordId, row]]));
}

function removeFromIndex(row: LinkRow, side: SideName): void {
  const { id } = row[side];
  if (id !== null) indexOf(row.connection, side).get(row.entity)?.delete(id);
}

/** Stores what a link knows of a side. */
export function putSide(row: LinkRow, side: SideName, value: LinkSide): void {
  if (row[side].id !== value.id) {
    removeFromIndex(row, side);
    if (value.id !== null) addToIndex(row, side, value.id);
  }
  row[side] = value;
}

export function removeLink(database: MemoryDatabase, row: LinkRow): void {
  removeFromIndex(row, 'app');
  removeFromIndex(row, 'ledger');
  database.links.delete(row.id);
  const { links } = row.connection;
  links.splice(links.indexOf(row), 1);
}

/** Makes a link due no later than given. */
export function advanceDue(row: LinkRow, dueAt: number): void {
  if (row.nextDueAt === null || row.nextDueAt > dueAt) row.nextDueAt = dueAt;
}
