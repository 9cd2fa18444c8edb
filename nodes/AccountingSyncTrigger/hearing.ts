import { dayOf, subjects } from '../../shared/intake/figures';
import type { Connection } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';

/** Our own writes and questions are no word of anybody. */
const HEARD = new Set(['webhook', 'poll']);
/** Among so many of the newest events is one that was heard, or it has been quiet for long. */
const NEWEST = 200;

/** When a connection's accounting tool last told of anything; null where nobody remembers. */
export async function lastHeard(
  { intake, queue, now }: Pick<OpenStore, 'intake' | 'queue' | 'now'>,
  { id }: Connection,
): Promise<number | null> {
  const calls = await intake.counts(subjects.connection(id), dayOf(now()));
  const events = await queue.list({ connectionId: id, limit: NEWEST });
  const moments = [
    ...calls.filter(({ kind }) => kind === 'accepted').map(({ lastAt }) => lastAt),
    ...events.filter(({ source }) => HEARD.has(source)).map(({ receivedAt }) => receivedAt),
  ];
  return moments.length === 0 ? null : Math.max(...moments);
}
