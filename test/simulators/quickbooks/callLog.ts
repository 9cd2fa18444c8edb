export interface LoggedCall {
  at: string;
  method: string;
  path: string;
  operation: string;
  entity: string | null;
  realmId: string | null;
  requestId: string | null;
  status: number | 'dropped';
  /** Whether the call was answered out of the store of first responses. */
  replayed: boolean;
  intuitTid: string;
}

export interface CallCounts {
  total: number;
  reads: number;
  meteredReads: number;
  writes: number;
  byOperation: Record<string, number>;
  byStatus: Record<string, number>;
  byRealm: Record<string, { total: number; reads: number; meteredReads: number; writes: number }>;
}

export interface CallReport extends CallCounts {
  meteredThisMonth: number;
  last: LoggedCall[];
}

const READS = new Set(['read', 'query', 'cdc', 'exchangerate']);
const WRITES = new Set(['create', 'update', 'delete', 'void', 'batch', 'taxservice', 'send']);
const KEPT = 1000;

const empty = (): CallCounts => ({
  total: 0,
  reads: 0,
  meteredReads: 0,
  writes: 0,
  byOperation: {},
  byStatus: {},
  byRealm: {},
});

/** Remembers who called what, for tests and benches that count calls. */
export class CallLog {
  private counts = empty();
  private last: LoggedCall[] = [];

  add(call: LoggedCall, metered: number): void {
    const { counts } = this;
    const reads = READS.has(call.operation) ? 1 : 0;
    const writes = WRITES.has(call.operation) ? 1 : 0;
    const operation = call.entity === null ? call.operation : `${call.operation} ${call.entity}`;
    counts.total++;
    counts.reads += reads;
    counts.writes += writes;
    counts.meteredReads += metered;
    counts.byOperation[operation] = (counts.byOperation[operation] ?? 0) + 1;
    counts.byStatus[call.status] = (counts.byStatus[call.status] ?? 0) + 1;
    if (call.realmId !== null) {
      const realm = (counts.byRealm[call.realmId] ??= { total: 0, reads: 0, meteredReads: 0, writes: 0 });
      realm.total++;
      realm.reads += reads;
      realm.writes += writes;
      realm.meteredReads += metered;
    }
    this.last.push(call);
    if (this.last.length > KEPT) this.last.shift();
  }

  report(meteredThisMonth: number, last = 100): CallReport {
    return structuredClone({ ...this.counts, meteredThisMonth, last: this.last.slice(-last) });
  }

  reset(): void {
    this.counts = empty();
    this.last = [];
  }
}
