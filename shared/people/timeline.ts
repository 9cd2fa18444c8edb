import type { AuditRow, AuditStore, FieldConflict, Link, Resolution, SideName } from '../ports';
import { entityNamed } from '../schema/entities';
import type { EntityDefinition, Fields, FieldValue } from '../schema/entity';
import type { FieldDecision } from '../sync/merge/rules';
import { STATE } from '../sync/decide';
import { RULE, WHAT } from './acts';
import { linksIn, namesOf, type NamingStore } from './names';
import { placeOf } from './question';
import { shownElement, shownField, shownState, type Names } from './shown';

/** Something that happened to a record. */
export interface TimelineEntry {
  at: number;
  what: string;
  /** As it is called on screen; null where it is about the whole record. */
  field: string | null;
  before: string | null;
  after: string | null;
  /** Where the value came from. */
  from: string | null;
  /** Whoever decided it or made the edit, as far as it is known. */
  who: string | null;
  rule: string | null;
  note: string | null;
  /** The workflow and execution in n8n. */
  execution: string | null;
  /** Of the entry in the audit. */
  number: number;
}

export interface TimelineStore extends NamingStore {
  audit: Pick<AuditStore, 'list'>;
}

export interface TimelineOptions {
  labels: Readonly<Record<SideName, string>>;
  since: number;
  limit: number;
}

const PAGE = 200;

/** The newest first. Looks that changed nothing are left out. */
export async function timelineOf(
  store: TimelineStore,
  { connectionId, id: linkId, entity: name }: Link,
  { labels, since, limit }: TimelineOptions,
): Promise<TimelineEntry[]> {
  const entity = entityNamed(name);
  const entries: TimelineEntry[] = [];
  let beforeSeq = Number.MAX_SAFE_INTEGER;
  while (entries.length < limit) {
    const rows = await store.audit.list(connectionId, { linkId, beforeSeq, limit: PAGE });
    const recent = rows.filter(({ at }) => at >= since);
    const names = await namesOf(store, connectionId, recent.flatMap(linksOf));
    const telling = new Telling(entity, labels, names);
    entries.push(...recent.flatMap((row) => telling.entries(row)));
    if (rows.length < PAGE || recent.length < rows.length) break;
    beforeSeq = rows.at(-1)!.seq;
  }
  return entries.slice(0, limit);
}

/** What the audit says of the act, as far as it is looked at here. */
interface Told {
  decisions?: readonly FieldDecision[];
  fields?: readonly FieldConflict[];
  changedBy?: Partial<Record<SideName, string>>;
  resolution?: Partial<Pick<Resolution, 'by' | 'decidedBy'>>;
  error?: { message?: string };
  policyVersion?: number;
  decidedBy?: string;
  note?: string;
  origin?: string;
}

const toldBy = ({ detail }: AuditRow): Told => detail;

const linksOf = (row: AuditRow): string[] => {
  const { decisions = [], fields = [] } = toldBy(row);
  return [
    ...decisions.flatMap(({ before, after }) => [before, after]),
    ...fields.flatMap(({ base, app, ledger }) => [base, app, ledger]),
  ].flatMap((value) => linksIn(value));
};

/** Own writes that came back, and looks at a record that was in sync. */
const QUIET: ReadonlySet<string> = new Set(['echo', 'in_step']);

class Telling {
  constructor(
    private readonly entity: EntityDefinition,
    private readonly labels: TimelineOptions['labels'],
    private readonly names: Names,
  ) {}

  entries(row: AuditRow): TimelineEntry[] {
    const { decisions = [], fields = [] } = toldBy(row);
    if (decisions.length > 0) return decisions.map((decision) => this.decided(row, decision));
    if (QUIET.has(row.kind)) return [];
    if (fields.length > 0) return fields.map((field) => this.asked(row, field));
    return [this.entry(row, { note: noteOf(toldBy(row)) })];
  }

  private decided(row: AuditRow, { path, from, by, before, after }: FieldDecision): TimelineEntry {
    const { changedBy, resolution, policyVersion } = toldBy(row);
    const side = from === 'app' || from === 'ledger' ? from : null;
    const person = resolution?.decidedBy ?? resolution?.by;
    return this.entry(row, {
      field: this.label(path),
      before: this.shown(path, before),
      after: this.shown(path, after),
      from: side === null ? (FROM[from] ?? from) : this.labels[side],
      who: (by === 'resolution' ? person : side && changedBy?.[side]) ?? null,
      rule: by === 'policy' ? `policy, version ${policyVersion ?? 0}` : (RULE[by] ?? by),
    });
  }

  private asked(row: AuditRow, { path, label, base, app, ledger }: FieldConflict): TimelineEntry {
    const sides = (['app', 'ledger'] as const).map((side) => {
      return `${this.labels[side]}: ${this.shown(path, side === 'app' ? app : ledger)}`;
    });
    return this.entry(row, { field: label, before: this.shown(path, base), after: sides.join(' · ') });
  }

  private entry({ at, kind, by, seq, detail }: AuditRow, more: Partial<TimelineEntry>): TimelineEntry {
    const { decidedBy, origin = null } = detail as Told;
    return {
      ...{ at, what: WHAT[kind] ?? kind.replaceAll('_', ' ') },
      ...{ field: null, before: null, after: null, from: null, rule: null, note: null },
      ...{ execution: by.startsWith('workflow ') ? by : origin, number: seq },
      ...more,
      who: more.who ?? decidedBy ?? (by === 'sync' ? null : by),
    };
  }

  private label(path: string): string {
    if (path === STATE) return 'Record';
    const { spec, list } = placeOf(this.entity, path);
    if (!spec) return 'Record';
    return list && list !== spec ? `${list.label}: ${spec.label}` : spec.label;
  }

  private shown(path: string, value: unknown): string {
    if (path === STATE) return shownState(value);
    const { spec, whole } = placeOf(this.entity, path);
    if (!spec) return JSON.stringify(value ?? null);
    return whole === 'element' && typeof value === 'object' && value !== null
      ? shownElement(spec, value as Fields, this.names)
      : shownField(spec, value as FieldValue, this.names);
  }
}

const FROM: Readonly<Record<string, string>> = { agreed: 'Both sides alike', typed: 'Typed in' };

function noteOf({ note, error }: Told): string | null {
  return note ?? error?.message ?? null;
}
