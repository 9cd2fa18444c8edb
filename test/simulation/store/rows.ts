import type {
  AppRecord,
  Conflict,
  DecisionLink,
  Connection,
  ErrorReport,
  Intent,
  Link,
  NewEvent,
  QueuedEvent,
} from '../../../shared/ports';
import type { MemoryChain } from './chain';

export type NoticeKind = 'conflict' | 'failure';

/** Everything of one connection. */
export interface ConnectionRow {
  /** Replaced as a whole. */
  value: Connection;
  readonly links: LinkRow[];
  readonly byApp: SideIndex;
  readonly byLedger: SideIndex;
  readonly dedupeKeys: Set<string>;
  readonly audit: MemoryChain;
  readonly checkpoints: Map<string, unknown>;
  /** The end of the order of its notices. */
  noticeHead: number;
  /** By consumer. */
  readonly noticePlaces: Map<string, number>;
  /** By entity and id. */
  readonly appRecords: Map<string, Map<string, AppRecord>>;
}

/** entity -> record id -> link. */
export type SideIndex = Map<string, Map<string, LinkRow>>;

export interface LinkRow extends Omit<Link, 'connectionId'> {
  readonly connection: ConnectionRow;
  leaseOwner: string | null;
  leasedAt: number | null;
  leaseUntil: number | null;
  nextDueAt: number | null;
  settledAt: number | null;
  events: EventRow[];
  readonly intents: IntentRow[];
  /** The one that is not closed. */
  conflict: Conflict | null;
  /** Where its notices are in the connection's order; null where there is nothing to tell. */
  readonly notices: Record<NoticeKind, number | null>;
}

export interface DecisionLinkRow {
  link: DecisionLink;
  usedAt: number | null;
  isSuperseded: boolean;
}

export interface EventRow {
  readonly id: string;
  readonly event: NewEvent;
  link: LinkRow;
  status: QueuedEvent['status'];
  attempts: number;
  readonly receivedAt: number;
  dueAt: number;
  onLinkId: string | null;
  lastError: ErrorReport | null;
}

export interface IntentRow {
  intent: Intent;
  outcome: 'done' | 'refused' | 'superseded' | null;
}

export function linkOf(row: LinkRow): Link {
  return {
    id: row.id,
    connectionId: row.connection.value.id,
    entity: row.entity,
    app: row.app,
    ledger: row.ledger,
    base: row.base,
    lines: row.lines,
    fence: row.fence,
    replacedBy: row.replacedBy,
  };
}

export function eventOf(row: EventRow): QueuedEvent {
  const { event } = row;
  const { dedupeKey, occurredAt } = event;
  return {
    id: row.id,
    connectionId: event.connectionId,
    entity: event.entity,
    side: event.side,
    recordId: event.recordId,
    linkId: row.link.id,
    source: event.source,
    ...(dedupeKey === undefined ? undefined : { dedupeKey }),
    ...(occurredAt === undefined ? undefined : { occurredAt }),
    status: row.status,
    attempts: row.attempts,
    receivedAt: row.receivedAt,
    dueAt: row.dueAt,
    lastError: row.lastError,
  };
}

/** As the databases order texts. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
