import type { LinkSide, QueuedEvent } from '../ports';
import { latestOf } from '../schema/calendar';

/**
 * Whether the event speaks of a state that the link has already seen, told by the side's own clock; the
 * answer is the link side with what it now knows, or null when the record must be read.
 *
 * A state that was read at a moment contains every change up to it. After a write of ours only the state at
 * the commit is known, and the answer's time is a little later: in that gap exactly one change, our own echo,
 * is taken as seen, and any second one is read.
 */
export function seenAlready(event: QueuedEvent, side: LinkSide): LinkSide | null {
  const { occurredAt } = event;
  if (!occurredAt || !side.asOf || occurredAt > side.asOf) return null;
  // Within one and the same millisecond nobody knows what came first.
  const latest = latestOf(occurredAt);
  if (!side.echo) return latest < side.asOf ? side : null;
  const { afterAsOf, seenAt } = side.echo;
  if (afterAsOf !== null && latest < afterAsOf) return side;
  if (seenAt === null) return { ...side, echo: { afterAsOf, seenAt: occurredAt } };
  return seenAt === occurredAt && latest === occurredAt ? side : null;
}
