import type { AuditRow } from '../ports';
import { canonicalJson, sha256 } from '../schema/canonicalJson';

/** The hash of a row: sha256(prevHash + canonicalJson({seq, at, kind, linkId, detail})). */
export function auditHash(
  row: Pick<AuditRow, 'seq' | 'at' | 'kind' | 'linkId' | 'detail' | 'prevHash'>,
): string {
  const { seq, at, kind, linkId, detail, prevHash } = row;
  return sha256(prevHash + canonicalJson({ seq, at, kind, linkId, detail }));
}
