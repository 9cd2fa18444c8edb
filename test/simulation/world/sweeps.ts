import type { Clock, ListPage, NewEvent, SideName } from '../../../shared/ports';
import type { EnginePorts } from '../../../shared/sync/context';
import type { Twin } from '../twin/twin';
import { CONNECTION } from './connection';

/** Windows overlap by more than lists lag. */
const OVERLAP_MS = 10_000;

/** Those who go through the lists of both sides, page by page, while others work. */
export class Sweeps {
  private lastPoll = 0;

  constructor(
    private readonly twins: Record<SideName, Twin>,
    private readonly clock: Clock,
  ) {}

  /** What has changed since the last poll. */
  async poll(ports: EnginePorts, entities: readonly string[]): Promise<void> {
    const startedAt = this.clock.now();
    await this.list(ports, entities, 'poll', this.lastPoll - OVERLAP_MS);
    this.lastPoll = startedAt;
  }

  /** Everything that is there. */
  async reconcile(ports: EnginePorts, entities: readonly string[]): Promise<void> {
    await this.list(ports, entities, 'reconcile', null);
  }

  private async list(
    ports: EnginePorts,
    entities: readonly string[],
    source: 'poll' | 'reconcile',
    since: number | null,
  ): Promise<void> {
    for (const side of ['ledger', 'app'] as const) {
      const { skewMs } = this.twins[side].profile;
      const changedSince = since === null ? null : new Date(since + skewMs).toISOString();
      for (const entity of entities) {
        for (let cursor: string | null = null, more = true; more; ) {
          const page: ListPage = await ports.sides[side].list(entity, {
            cursor,
            limit: 100,
            ...(changedSince === null ? {} : { changedSince }),
          });
          const events = page.records.map(
            ({ id }): NewEvent => ({ connectionId: CONNECTION, entity, side, recordId: id, source }),
          );
          if (events.length > 0) await ports.store.queue.append(events, { now: this.clock.now() });
          cursor = page.next;
          more = cursor !== null;
        }
      }
    }
  }
}
