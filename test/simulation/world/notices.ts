import type { NewEvent, SideName } from '../../../shared/ports';
import type { SeededRandom } from '../random';
import type { Step, Variant } from '../schedule/steps';
import type { Told } from '../twin/twin';
import { CONNECTION } from './connection';
import { entitiesInPlay } from './entities';

interface Notice extends Told {
  number: number;
  /** As the side writes it, or null where its notifications do not say. */
  occurredAt: string | null;
  isWebhook: boolean;
}

/** Notifications on their way: lost, doubled, shuffled, late. */
export class Notices {
  private untold: Notice[] = [];
  private readonly told: Notice[] = [];
  private issued = 0;

  constructor(
    private readonly variant: Variant,
    private readonly random: SeededRandom,
  ) {}

  note(change: Told, time: string | null): void {
    const profile = this.variant[change.side];
    this.untold.push({
      ...change,
      number: ++this.issued,
      occurredAt: profile.timedWebhooks ? time : null,
      isWebhook: profile.entities[change.entity]?.webhook === true,
    });
  }

  /** Some that arrive now; those of entities without notifications stay until somebody polls. */
  some({ pick, count, again, shuffled }: Extract<Step, { step: 'hear' }>): NewEvent[] {
    const waiting = again ? this.told : this.untold.filter(({ isWebhook }) => isWebhook);
    const from = pick % Math.max(1, waiting.length);
    const chosen = waiting.slice(from, from + count);
    if (!again) {
      this.untold = this.untold.filter((notice) => !chosen.includes(notice));
      this.told.push(...chosen);
    }
    if (shuffled) chosen.sort(() => this.random.next() - 0.5);
    return chosen.map((notice) => eventOf(notice, 'webhook'));
  }

  /** Nobody has anything to tell. */
  get isQuiet(): boolean {
    return this.untold.length === 0;
  }

  forget(): void {
    this.untold = [];
  }

  /** All that are still on their way; none where they get lost. */
  rest(reliable: boolean): NewEvent[] {
    const rest = this.untold;
    this.untold = [];
    if (this.variant.lossy && !reliable) return [];
    return rest.map((notice) => eventOf(notice, notice.isWebhook ? 'webhook' : 'poll'));
  }

  /** Somebody sends what no side has sent: of a record that is not there, or of a moment yet to come. */
  forged({ side, pick }: { side: SideName; pick: number }, now: number): NewEvent {
    const entity = entitiesInPlay[pick % 2 === 0 ? 0 : 2];
    const future = new Date(now + 3_600_000).toISOString();
    const recordId = pick % 3 === 0 ? `x${pick}` : `${side[0] as string}${1 + (pick % 5)}`;
    return {
      connectionId: CONNECTION,
      entity,
      side,
      recordId,
      source: 'webhook',
      ...(pick % 2 === 0 ? { occurredAt: future } : {}),
    };
  }
}

function eventOf({ side, entity, id, number, occurredAt }: Notice, source: 'webhook' | 'poll'): NewEvent {
  return {
    connectionId: CONNECTION,
    entity,
    side,
    recordId: id,
    source,
    // Not every provider numbers its notifications.
    ...(number % 2 === 0 ? { dedupeKey: `n${number}` } : {}),
    ...(occurredAt === null ? {} : { occurredAt }),
  };
}
