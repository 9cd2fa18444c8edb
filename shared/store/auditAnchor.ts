import { ValidationError } from '../errors';
import { canonicalJson } from '../schema/canonicalJson';
import { headMac, type AuditHead, type AuditSeal, type ChainMark } from './auditHash';

/** The end of a chain at some time, as it is written down outside the store. */
export interface AuditAnchor extends AuditHead {
  /** When it was given out. */
  at: number;
  keyId: string | null;
}

const PREFIX = 'audit1';

const macOf = (seal: AuditSeal, text: string): string => seal.mac(`anchor\n${text}`).slice(0, 32);

/** One short line that can be kept in a log, a mail or a drawer. */
function formatAnchor(seal: AuditSeal, head: AuditHead, at: number): string {
  const anchor: AuditAnchor = { ...head, at, keyId: seal.keyId };
  const text = Buffer.from(canonicalJson(anchor)).toString('base64url');
  return [PREFIX, text, macOf(seal, text)].join('.');
}

/** Null where the end is not as it was left: an anchor of it would vouch for what somebody put there. */
export function anchorOfEnd(seal: AuditSeal, end: ChainMark | null, at: number): string | null {
  if (end?.keyId !== seal.keyId || end.mac !== headMac(seal, end)) return null;
  const { connectionId, seq, hash } = end;
  return formatAnchor(seal, { connectionId, seq, hash }, at);
}

/** Throws ValidationError where it is none, or was changed. One of another key is taken at its word. */
export function parseAnchor(seal: AuditSeal, text: string): AuditAnchor {
  const [prefix, body = '', mac, ...rest] = text.trim().split('.');
  const anchor = prefix === PREFIX && rest.length === 0 ? read(body) : null;
  if (!anchor) throw notAnAnchor('it is not the whole text that Audit: Verify gave');
  if (anchor.keyId === seal.keyId && mac !== macOf(seal, body)) throw notAnAnchor('it has been changed');
  return anchor;
}

function read(body: string): AuditAnchor | null {
  try {
    const value = JSON.parse(Buffer.from(body, 'base64url').toString()) as Partial<AuditAnchor> | null;
    const { connectionId, seq, hash, at, keyId } = value ?? {};
    const isWhole =
      typeof connectionId === 'string' &&
      Number.isInteger(seq) &&
      typeof hash === 'string' &&
      Number.isInteger(at);
    return isWhole ? { connectionId, seq: seq!, hash, at: at!, keyId: keyId ?? null } : null;
  } catch {
    return null;
  }
}

const notAnAnchor = (why: string): ValidationError =>
  new ValidationError(`The anchor to compare with cannot be used: ${why}`, {
    field: 'compareWith',
    nextStep: 'Copy the anchor again, from an earlier Audit: Verify or from the log of n8n.',
  });
