import { RULE, WHAT } from '../../../../shared/people/acts';
import type { AuditRow } from '../../../../shared/ports';
import { fieldLabelOf } from '../../../runtime/fieldLabel';

interface Decision {
  path: string;
  from: string;
  by: string;
  before?: unknown;
  after?: unknown;
}

const FROM: Readonly<Record<string, string>> = {
  agreed: 'both sides alike',
  app: 'from the app',
  ledger: 'from the accounting tool',
  typed: 'typed in',
};

/** An entry of the log as people read it: one item for each field that was decided, or one for the act. */
export function entriesOf(row: AuditRow): object[] {
  const { at, by, kind, detail, linkId, seq } = row;
  const { entity, decisions = [], before = null, after = null, error = null } = detail;
  const lead = {
    time: new Date(at).toISOString(),
    who: by === 'sync' ? 'Accounting Sync' : by,
    what: WHAT[kind] ?? kind.replaceAll('_', ' '),
    entity: entity ?? null,
  };
  const tail = { number: seq, linkId, connectionId: row.connectionId };
  const fields = (decisions as Decision[]).map((decision) => ({
    ...lead,
    field: fieldLabelOf(String(entity), decision.path),
    before: decision.before ?? null,
    after: decision.after ?? null,
    rule: [RULE[decision.by] ?? decision.by, FROM[decision.from] ?? decision.from].join(', '),
    path: decision.path,
    ...tail,
  }));
  if (fields.length > 0) return fields;
  return [{ ...lead, field: null, before, after, rule: null, details: error ?? detail, ...tail }];
}
