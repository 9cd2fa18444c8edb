import type { FailedRecord, QueuedEvent } from '../ports';

/** The record as its failed events tell it, oldest first. */
export function failedRecord(
  link: Pick<FailedRecord, 'connectionId' | 'linkId' | 'entity' | 'appId' | 'ledgerId'>,
  events: readonly QueuedEvent[],
): FailedRecord {
  const last = events.at(-1);
  const error = last?.lastError ?? null;
  return {
    ...link,
    title: error?.title ?? link.ledgerId ?? link.appId ?? link.linkId,
    eventIds: events.map(({ id }) => id),
    error,
    since: Math.min(...events.map(({ receivedAt }) => receivedAt)),
    // An attempt is counted when another one follows.
    attempts: (last?.attempts ?? 0) + 1,
  };
}

/** Whether the text is part of its title, or its id on either side. */
export const isAbout = ({ title, appId, ledgerId }: FailedRecord, text: string): boolean =>
  title.toLowerCase().includes(text.toLowerCase()) || [appId, ledgerId].includes(text);
