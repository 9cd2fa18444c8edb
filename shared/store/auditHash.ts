import { createHmac, createSecretKey } from 'node:crypto';
import type { AuditRow } from '../ports';
import { canonicalJson, sha256 } from '../schema/canonicalJson';

/** What a row says, with its detail as it is stored. */
export type SealedContent = Pick<AuditRow, 'connectionId' | 'seq' | 'at' | 'kind' | 'linkId' | 'by'> & {
  prevHash: string;
};

/**
 * Makes the chain's hashes. With a key that is kept outside the store, nobody who has only the store can make a
 * row, or a head, that holds.
 */
export interface AuditSeal {
  /** Tells keys apart and gives nothing away of them; null where there is none. */
  readonly keyId: string | null;
  mac(text: string): string;
}

const KEY_ID_LENGTH = 8;

/** `key` is absent in tools and tests: the chain then shows accidents, and clumsy hands, only. */
export function createSeal(key?: string): AuditSeal {
  const secret = createSecretKey(key ?? '', 'utf8');
  return {
    keyId: key === undefined ? null : sha256(`accounting-sync audit key id\n${key}`).slice(0, KEY_ID_LENGTH),
    mac: (text) => createHmac('sha256', secret).update(text).digest('hex'),
  };
}

/** The detail has a hash of its own, so that it can be erased one day and the row still holds. */
export const detailHash = (seal: AuditSeal, detail: string): string => seal.mac(`detail\n${detail}`);

/** The one way to hash a row: its place, what it says and the row before it. */
export function rowHash(seal: AuditSeal, row: SealedContent & { detailHash: string }): string {
  const { connectionId, seq, at, kind, linkId, by, prevHash } = row;
  return seal.mac(
    `row\n${prevHash}${canonicalJson({ connectionId, seq, at, kind, linkId, by, detailHash: row.detailHash })}`,
  );
}

/** Where a chain ends. */
export interface AuditHead {
  connectionId: string;
  seq: number;
  hash: string;
}

/** The end of a chain, or of what was archived of it, as it is stored. */
export interface ChainMark extends AuditHead {
  mac: string;
  keyId: string | null;
}

/** A head that was put back, or made up, does not carry it. */
export const headMac = (seal: AuditSeal, { connectionId, seq, hash }: AuditHead): string =>
  seal.mac(`head\n${canonicalJson({ connectionId, seq, hash })}`);

/** The last row that was archived. */
export interface AuditCheckpoint extends AuditHead {
  at: number;
  /** Rows up to here had been made with another key when they were archived. */
  uncheckedTo: number;
}

export const checkpointMac = (seal: AuditSeal, checkpoint: AuditCheckpoint): string => {
  const { connectionId, seq, hash, at, uncheckedTo } = checkpoint;
  return seal.mac(`checkpoint\n${canonicalJson({ connectionId, seq, hash, at, uncheckedTo })}`);
};

/** As it is stored. */
export interface CheckpointMark extends AuditCheckpoint {
  mac: string;
  keyId: string | null;
}

/** Whether it is as it was left, as far as the key tells. */
export const isOurCheckpoint = (seal: AuditSeal, mark: CheckpointMark): boolean =>
  mark.keyId !== seal.keyId || mark.mac === checkpointMac(seal, mark);

/** What stands in the place of a detail that was erased, and when that was. */
export interface ErasedDetail {
  connectionId: string;
  seq: number;
  erasedAt: number;
  detail: string;
}

/** Tells an erasure apart from a detail that somebody took away. */
export const erasureMac = (seal: AuditSeal, { connectionId, seq, erasedAt, detail }: ErasedDetail): string =>
  seal.mac(`erasure\n${canonicalJson({ connectionId, seq, erasedAt, detail })}`);
