import { decimalOf, type JsonObject } from '../../mapping/json';
import type { Row } from '../../mapping/row';
import { textCodec } from '../../mapping/codec';

/**
 * Transactions have no field for somebody else's id, so it stands in a line of its own in the private note:
 * `[sync <external id>]`. A void puts its own word in front. Both are ours and the service's, not the user's,
 * and are taken off on the way in.
 */
export interface Note {
  text: string;
  externalId: string | null;
}

const MARKER = /^\[sync ([^\]\s]{1,64})\]$/;
const VOIDED = /^Voided(?: - |: |\s+|$)/;

export function parseNote(note: string, voided: boolean): Note {
  const lines = (voided ? note.replace(VOIDED, '') : note).replace(/\r\n?/g, '\n').split('\n');
  // The last one counts: the text above it is the user's, whatever it looks like.
  const at = lines.findLastIndex((line) => MARKER.test(line));
  const externalId = at < 0 ? null : (MARKER.exec(lines[at] ?? '')?.[1] ?? null);
  if (at >= 0) lines.splice(at, 1);
  return { text: lines.join('\n'), externalId };
}

export function composeNote(text: string, externalId: string | null, voided = false): string {
  const lines = [...(text === '' ? [] : [text]), ...(externalId === null ? [] : [`[sync ${externalId}]`])];
  const note = lines.join('\n');
  if (!voided) return note;
  return note === '' ? 'Voided' : `Voided - ${note}`;
}

/** A void leaves the record with nothing in it; an amount edited to zero lacks the word. */
export function isVoided(wire: JsonObject): boolean {
  return (
    decimalOf(wire.TotalAmt) === '0' && typeof wire.PrivateNote === 'string' && VOIDED.test(wire.PrivateNote)
  );
}

export function noteOf(wire: JsonObject): Note {
  return parseNote(typeof wire.PrivateNote === 'string' ? wire.PrivateNote : '', isVoided(wire));
}

/** The private note without the marker, which every write puts back. */
export function privateNote(path: string): Row {
  const codec = textCodec();
  return {
    path,
    direction: 'both',
    members: [],
    get: (wire) => {
      const { text } = noteOf(wire);
      return text === '' ? null : text;
    },
    put(value, draft, context) {
      const marker = context.externalId ?? noteOf(draft).externalId;
      draft.PrivateNote = composeNote(typeof value === 'string' ? value : '', marker, isVoided(draft));
    },
    agrees: (desired, now) =>
      (typeof desired === 'string' ? codec.normalize(desired) : (desired ?? null)) === now,
  };
}
