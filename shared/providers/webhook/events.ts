import type { Change } from '../../ports';
import { onOneLine } from '../../schema/text';
import type { Pause, UnreadableEvent, WebhookAnswer } from '../provider';
import { MalformedJson, type RawJson } from './json';

/** More than any provider puts into one notification. */
const MAX_EVENTS = 20_000;
const MAX_SAMPLES = 5;
const MAX_SAMPLE_CHARACTERS = 4_096;

/** What one event says: the changes, that it is of a kind we do not synchronise, or why nobody can tell. */
export type EventReading = { changes: Change[] } | 'unknown' | { unreadable: string };

/** One event and what its envelope says of it. */
export interface EnclosedEvent {
  raw: RawJson;
  tenant?: unknown;
}

export const refused = (reason: NonNullable<WebhookAnswer['refused']>): WebhookAnswer => ({
  refused: reason,
  changes: [],
  unreadable: { count: 0, samples: [] },
  unknownKinds: 0,
});

/** As `refused`, for what is signed and still no notification: kept, so that somebody can find out what it is. */
export const malformed = (body: RawJson | Buffer): WebhookAnswer => ({
  ...refused('malformed'),
  unreadable: { count: 1, samples: [sampleOf(body, 'it is no notification')] },
});

/** Reads a notification event by event. All of them are counted before the first one is looked at. */
export async function readEvents(
  events: Iterable<EnclosedEvent>,
  read: (event: unknown, tenant: unknown) => EventReading,
  pause: Pause,
): Promise<WebhookAnswer> {
  const found: EnclosedEvent[] = [];
  for (const event of events) {
    if (found.length === MAX_EVENTS) return refused('too_large');
    found.push(event);
    await pause();
  }
  const answer: WebhookAnswer = {
    refused: null,
    changes: [],
    unreadable: { count: 0, samples: [] },
    unknownKinds: 0,
  };
  for (const { raw, tenant } of found) {
    const reading = readOne(raw, (event) => read(event, tenant));
    if (reading === 'unknown') answer.unknownKinds++;
    else if ('changes' in reading) answer.changes.push(...reading.changes);
    else countUnreadable(answer, sampleOf(raw, reading.unreadable));
    await pause();
  }
  return answer;
}

function readOne(raw: RawJson, read: (event: unknown) => EventReading): EventReading {
  try {
    return read(raw.parse());
  } catch (error) {
    if (error instanceof MalformedJson) return { unreadable: 'it is no JSON, or too long' };
    throw unexpected(error);
  }
}

/** A fault of ours, and not of what was read. */
const unexpected = (error: unknown): unknown => error;

function countUnreadable({ unreadable }: WebhookAnswer, sample: UnreadableEvent): void {
  unreadable.count++;
  if (unreadable.samples.length < MAX_SAMPLES) unreadable.samples.push(sample);
}

function sampleOf(part: RawJson | Buffer, reason: string): UnreadableEvent {
  const text = Buffer.isBuffer(part)
    ? part.subarray(0, MAX_SAMPLE_CHARACTERS).toString('utf8')
    : part.text(MAX_SAMPLE_CHARACTERS);
  // A cut may have gone through the middle of a character.
  return { reason, text: onOneLine(text) };
}
