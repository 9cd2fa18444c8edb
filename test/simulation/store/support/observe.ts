import type { Random, Store } from '../../../../shared/ports';
import { aConnection } from '../../../contract/storeSupport';
import { Player, type Move } from './moves';

/** Ids that sort by time of creation; no two stores need draw the same number of them. */
export function countingRandom(): Random {
  let ids = 0;
  return { next: () => 0.5, id: () => `id-${String(++ids).padStart(9, '0')}` };
}

const LIMIT = 1000;

/** Plays moves on an empty store and tells what can be seen from outside, in terms that all stores share. */
export class Observer {
  readonly #player: Player;
  /** Ids by order of appearance. */
  readonly #names = new Map<string, string>();

  constructor(private readonly store: Store) {
    this.#player = new Player(store);
  }

  async begin(): Promise<void> {
    await this.store.connections.create(aConnection('c1'));
    await this.store.connections.create(aConnection('c2'));
  }

  /** The answer to the move and all that the store holds afterwards. */
  async play(move: Move): Promise<unknown> {
    const answer = await this.#player.play(move);
    return this.#named({ move, answer, state: await this.#state(move.now) });
  }

  async #state(now: number): Promise<unknown> {
    const { connections, queue, notices } = this.store;
    return {
      connections: await connections.list(),
      ofConnections: await Promise.all(['c1', 'c2'].map(async (id) => this.#connection(id))),
      ready: [await queue.ready(null, now), await queue.ready(['c2'], now)],
      untold: [await notices.pending('x', ['c2', 'c1', 'c9']), await notices.pending('y', ['c1'])],
    };
  }

  async #connection(id: string): Promise<unknown> {
    const { links, queue, conflicts, audit, policies, checkpoints, appRecords } = this.store;
    const rows = await audit.list(id, { limit: LIMIT });
    return {
      links: await links.list(id, { limit: LIMIT }),
      counts: await queue.counts(id),
      events: await queue.list({ connectionId: id, limit: LIMIT }),
      conflicts: await conflicts.list({ connectionId: id, limit: LIMIT }),
      failed: await this.store.queue.failed({ connectionId: id, limit: LIMIT }),
      titled: await links.titled(id, 'invoice', { text: '', limit: LIMIT }),
      // Hashes cover ids, so they differ; that they are a chain, each store says itself.
      audit: rows.map(({ prevHash: _prevHash, detailHash: _detailHash, hash: _hash, ...row }) => row),
      archived: await audit.states(id, { limit: LIMIT }),
      chain: { ...(await audit.verify(id, { now: 0 })), anchor: null },
      policies: [await policies.load(id), await policies.history(id, LIMIT), await policies.inForce(id)],
      records: await appRecords.list(id, 'invoice', { limit: LIMIT }),
      found: await appRecords.list(id, 'invoice', { limit: 2, states: ['live'], naturalKey: { a: '1' } }),
      checkpoint: await checkpoints.get(id, 'page'),
    };
  }

  /** As text, so that the order of members counts and an undefined one shows. */
  #named(value: unknown): string {
    const text = JSON.stringify(value, (_key, member: unknown) => (member === undefined ? '?' : member), 1);
    return text.replace(/id-\d{9}/g, (id) => {
      const known = this.#names.get(id) ?? `#${this.#names.size + 1}`;
      this.#names.set(id, known);
      return known;
    });
  }
}
