import type { Change } from '../../ports';
import { onOneLine } from '../../schema/text';
import type { Pause, UnreadableEvent, WebhookAnswer } from '../provider';
import { MalformedJson, type RawJson } from './json';

/** More than any provider puts into one notification. */
const MAX_EVENTS = 20_000;
/** Characters of one event: it is read in one go. */
const MAX_EVENT = 64 * 1024;
const MAX_SAMPLES = 5;
const MAX_SAMPLE_CHARACTERS = 4_096;

/** What one event says: the changes, that it is of a kind we do not synchronise, or why nobody can tell. */
export type EventReading = { changes: Change[] } | 'unknown' | { unreadable: string };

/** One event and what its envelope says of it. */
export interface EnclosedEvent {
  raw: RawJson;
  tenant?: RawJson | undefined;
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
  events: Iterable<EnclosedEvent> | AsyncIterable<EnclosedEvent>,
  read: (event: RawJson, tenant: RawJson | undefined) => EventReading,
  pause: Pause,
): Promise<WebhookAnswer> {
  const found: EnclosedEvent[] = [];
  for await (const event of events) {
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
    const reading = readOne(raw, () => read(raw, tenant));
    if (reading === 'unknown') answer.unknownKinds++;
    else if ('changes' in reading) answer.changes.push(...reading.changes);
    else countUnreadable(answer, sampleOf(raw, reading.unreadable));
    await pause();
  }
  return answer;
}

function readOne(raw: RawJson, read: () => EventReading): EventReading {
  if (raw.length > MAX_EVENT) return { unreadable: 'it is longer than an event can be' };
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedJson) return { unreadable: 'it is no JSON' };
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
