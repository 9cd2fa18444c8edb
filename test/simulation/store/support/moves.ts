import { SyncError } from '../../../../shared/errors';
import type {
  AppRecord,
  Claim,
  EventOutcome,
  NewEvent,
  PolicyWinner,
  Settlement,
  SideName,
  Store,
} from '../../../../shared/ports';
import { aBinding, aConnection, anEvent, anIntent, T0, NO_RECORD } from '../../../contract/storeSupport';

const KINDS = [
  'append',
  'append',
  'append',
  'claim',
  'claim',
  'claim',
  'claimLink',
  'intents',
  'intents',
  'settle',
  'settle',
  'settle',
  'settle',
  'release',
  'resolve',
  'replay',
  'dismiss',
  'policy',
  'archive',
  'connection',
  'company',
  'ensure',
  'write',
  'take',
] as const;

/** One thing to do with a store; `dice` decide the rest, in the same way for every store. */
export interface Move {
  kind: (typeof KINDS)[number];
  now: number;
  dice: readonly number[];
}

const DICE = 40;

/** The same moves for the same seed (mulberry32). */
export function randomMoves(seed: number, count: number): Move[] {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  let now = T0;
  return Array.from({ length: count }, () => {
    now += Math.floor(next() * 8);
    const kind = KINDS[Math.floor(next() * KINDS.length)] ?? 'append';
    return { kind, now, dice: Array.from({ length: DICE }, next) };
  });
}

/** Answers questions from a move's dice. */
class Dice {
  #position = 0;

  constructor(private readonly dice: readonly number[]) {}

  upTo(count: number): number {
    return Math.floor((this.dice[this.#position++ % DICE] ?? 0) * count);
  }

  chance(oneIn: number): boolean {
    return this.upTo(oneIn) === 0;
  }

  of<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.upTo(choices.length)] ?? choices[0];
  }

  from<T>(choices: readonly T[]): T | undefined {
    return choices[this.upTo(choices.length)];
  }
}

/** Plays moves on a store and remembers the claims that it was given. */
export class Player {
  readonly #claims: Claim[] = [];

  constructor(private readonly store: Store) {}

  /** The answer, or the code of the refusal. */
  async play({ kind, now, dice }: Move): Promise<unknown> {
    try {
      return (await this.#play(kind, new Dice(dice), now)) ?? null;
    } catch (error) {
      if (error instanceof SyncError) return { refused: error.code };
      throw error;
    }
  }

  async #play(kind: Move['kind'], dice: Dice, now: number): Promise<unknown> {
    const { queue, links, policies, connections } = this.store;
    switch (kind) {
      case 'append':
        return await queue.append(someEvents(dice, now), {
          now,
          ...(dice.chance(4) ? { checkpoint: { connectionId: 'c1', name: 'page', value: { now } } } : {}),
        });
      case 'claim': {
        const connectionIds = dice.of(['c1'], ['c2'], ['c2', 'c1', 'c2'], ['c1', 'c2']);
        const claims = await queue.claim({ connectionIds, ...lease(dice, now), limit: 1 + dice.upTo(4) });
        this.#claims.push(...claims);
        return claims;
      }
      case 'claimLink': {
        const claim = await queue.claimLink(await this.#link(dice), lease(dice, now));
        if (claim) this.#claims.push(claim);
        return claim;
      }
      case 'intents':
        return await this.#withClaim(dice, async (claim) => {
          const { version } = await policies.load(claim.link.connectionId);
          const intents = Array.from({ length: dice.upTo(3) }, () =>
            anIntent(claim, `k${dice.upTo(5)}`, {
              storedAt: now - dice.upTo(3),
              policyVersion: version - (dice.chance(8) ? 1 : 0),
              ...(dice.chance(2) ? { decisions: dice.of([], [{ path: 'a', gone: undefined }]) } : {}),
            }),
          );
          await queue.storeIntents(claim, intents);
        });
      case 'settle':
        return await this.#withClaim(dice, async (claim) =>
          queue.settle(claim, await this.#settlement(claim, dice, now)),
        );
      case 'release':
        return await this.#withClaim(dice, async (claim) => queue.release(claim));
      case 'resolve':
        return await this.#resolve(dice, now);
      case 'replay':
        return await queue.replay(
          dice.chance(2)
            ? { connectionId: dice.of('c1', 'c2') }
            : { connectionId: dice.of('c1', 'c2'), eventIds: dice.of([], ['nobody']) },
          now,
        );
      case 'dismiss':
        return await queue.dismiss(
          { connectionId: dice.of('c1', 'c1', 'c2'), linkIds: [await this.#link(dice)] },
          { now, by: 'user ann', reason: 'Never mind' },
        );
      case 'archive':
        return await this.store.audit.archive(dice.of('c1', 'c1', 'c2', '*', 'c9'), {
          before: now - dice.upTo(60),
          limit: 1 + dice.upTo(6),
        });
      case 'policy': {
        const scope = {
          ...{ connectionId: dice.of('c1', 'c2', '*'), entity: '*', field: dice.of('a', 'b') },
          ...(dice.chance(3) ? { counterparty: 'l1' } : {}),
        };
        if (dice.chance(4)) {
          const what = dice.chance(2) ? scope : { version: dice.upTo(6) };
          return await policies.undo(what, { by: 'user bob', now, reason: 'Oops' });
        }
        const edit = {
          ...scope,
          winner: dice.of<PolicyWinner | null>('app', 'raise', null),
          locked: dice.chance(3),
        };
        return await policies.set({ ...edit, reason: 'Because' }, 'user ann', now);
      }
      case 'connection':
        return await connections.update(
          dice.of('c1', 'c2'),
          {
            state: dice.of('paused', 'active', 'active'),
            resumeAt: dice.chance(2) ? null : now + dice.upTo(20),
          },
          { now, by: 'user ann' },
        );
      case 'company':
        return await this.#company(dice, now);
      case 'ensure':
        return await links.ensure(dice.of('c1', 'c2'), 'invoice', someSide(dice), someRecord(dice), now);
      case 'write':
        return await this.#write(dice, now);
      case 'take': {
        const limit = 1 + dice.upTo(3);
        return await this.store.notices.take(dice.of('x', 'y'), dice.of('c1', 'c1', 'c2', 'c9'), {
          limit,
          now,
        });
      }
    }
  }

  /** Asks for a company's connection, or hands it to another credential. */
  async #company(dice: Dice, now: number): Promise<unknown> {
    const { connections } = this.store;
    const binding = aBinding({
      credentialId: dice.of('credential-1', 'credential-2'),
      baseUrl: dice.of('https://books.example', 'https://books.example', 'https://other.example'),
    });
    const tenantId = dice.of('tenant-c1', 'tenant-c2');
    const source = { provider: 'quickbooks', binding };
    switch (dice.upTo(4)) {
      case 0:
        return await connections.rebind(dice.of('c1', 'c2', 'c9'), binding, { by: 'user ann', now });
      case 1:
        return await connections.bound({ ...source, tenantId });
      case 2:
        return await connections.heardBy(source, dice.of([], [tenantId], ['tenant-c2', 'tenant-c1']));
      default:
        // The address is that of the two there are, or the observer would have to follow ever more connections.
        return await connections.create(aConnection('c3', { tenantId, createdAt: now }), 'user ann');
    }
  }

  async #write(dice: Dice, now: number): Promise<AppRecord> {
    const id = someRecord(dice);
    const record = { connectionId: dice.of('c1', 'c1', 'c9'), entity: 'invoice', id, schemaVersion: 1 };
    const event = anEvent(id, { side: 'app', source: 'app', connectionId: dice.of('c1', 'c1', 'c2') });
    return await this.store.appRecords.write(
      { ...record, state: dice.of('live', 'voided'), fields: { b: id, a: String(dice.upTo(3)) } },
      {
        expectedVersion: dice.of(null, 1, 2, 3),
        now,
        ...(dice.chance(3) ? {} : { event }),
      },
    );
  }

  async #withClaim(dice: Dice, act: (claim: Claim) => Promise<void>): Promise<void> {
    // Mostly a recent one, which is more likely to be good still.
    const claim = dice.from(dice.chance(4) ? this.#claims : this.#claims.slice(-3));
    if (claim) await act(claim);
  }

  /** The id of any link, or of none. */
  async #link(dice: Dice): Promise<string> {
    const all = await this.store.links.list(dice.of('c1', 'c1', 'c2'), { limit: 100 });
    return (dice.chance(9) ? undefined : dice.from(all)?.id) ?? 'nobody';
  }

  async #resolve(dice: Dice, now: number): Promise<void> {
    const connectionId = dice.of('c1', 'c1', 'c2');
    const conflict = dice.from(await this.store.conflicts.list({ connectionId, limit: 100 }));
    if (!conflict) return;
    const seen = conflict.refreshedAt - (dice.chance(5) ? 1 : 0);
    const choices = { total: dice.of({ winner: 'app' as const }, { value: '5' }) };
    await this.store.conflicts.resolve(conflict.id, { choices, by: 'user ann', at: now }, seen);
  }

  async #settlement({ link, intents }: Claim, dice: Dice, now: number): Promise<Settlement> {
    const outcome = await this.#outcome(dice, now);
    return {
      now,
      ...(dice.chance(2) ? { link: someLink(link.app.id, link.ledger.id, dice) } : {}),
      ...(dice.chance(4) ? { absorb: await this.#link(dice) } : {}),
      intents: intents
        .filter(() => dice.chance(2))
        .map(({ key }) => ({ key, outcome: dice.of('done', 'refused', 'superseded') })),
      ...(dice.chance(2) ? { conflict: someConflict(dice) } : {}),
      audit: dice.chance(2) ? [{ kind: 'k', linkId: link.id, detail: { z: now, a: undefined } }] : [],
      outcome,
      ...(dice.chance(4) ? { append: someEvents(dice, now) } : {}),
    };
  }

  async #outcome(dice: Dice, now: number): Promise<EventOutcome> {
    const failed = {
      dueAt: now + dice.upTo(20),
      error: { code: 'x', message: `at ${now}` },
      countAttempt: dice.chance(2),
    };
    return dice.of<EventOutcome>(
      { kind: 'settled' },
      { kind: 'settled', compared: true },
      { kind: 'settled', compared: true },
      { kind: 'held' },
      { kind: 'retry', ...failed },
      { kind: 'waiting', onLinkId: await this.#link(dice), ...failed },
      { kind: 'waiting', onLinkId: await this.#link(dice), ...failed },
      { kind: 'dead', error: failed.error },
      { kind: 'dead', error: failed.error },
    );
  }
}

const lease = (dice: Dice, now: number) => ({ worker: 'w', now, leaseMs: dice.of(5, 20, 60) });

const someSide = (dice: Dice): SideName => dice.of('app', 'ledger');
const someRecord = (dice: Dice): string => `r${dice.upTo(4)}`;

/** Of a few seconds, some of them told to the millisecond. */
const someInstant = (dice: Dice): string =>
  `2026-01-02T03:04:0${dice.upTo(4)}.${dice.of('000', '000', '500')}Z`;

function someEvents(dice: Dice, now: number): NewEvent[] {
  return Array.from({ length: 1 + dice.upTo(3) }, () =>
    anEvent(someRecord(dice), {
      connectionId: dice.of('c1', 'c1', 'c1', 'c2'),
      entity: dice.of('invoice', 'invoice', 'customer'),
      side: someSide(dice),
      ...(dice.chance(2) ? { dedupeKey: `d${dice.upTo(12)}` } : {}),
      ...(dice.chance(2) ? { occurredAt: someInstant(dice) } : {}),
      ...(dice.chance(3) ? { dueAt: now + dice.upTo(30) - 5 } : {}),
    }),
  );
}

function someLink(app: string | null, ledger: string | null, dice: Dice): NonNullable<Settlement['link']> {
  const side = (id: string | null) => ({
    id: dice.of(id, id, null, someRecord(dice)),
    version: String(dice.upTo(9)),
    asOf: dice.chance(2) ? null : someInstant(dice),
    echo: dice.chance(2) ? null : { afterAsOf: null, seenAt: '2026-01-02T03:04:06.000Z' },
  });
  return {
    app: side(app),
    ledger: side(ledger),
    base: dice.chance(3)
      ? null
      : { state: 'live', schemaVersion: 1, fields: { b: String(dice.upTo(9)), a: null, gone: undefined } },
    lines: [{ key: 'k1', app: '1', ledger: null }],
  };
}

function someConflict(dice: Dice): NonNullable<Settlement['conflict']> {
  if (dice.chance(4)) return { kind: 'close', reason: 'over' };
  const app = dice.of('1', '2');
  return {
    kind: 'hold',
    title: 'INV-1',
    fields: [{ path: 'total', label: 'Total', base: undefined, app, ledger: '3', reason: 'both_changed' }],
    record: NO_RECORD,
    appVersion: app,
    ledgerVersion: null,
    policyVersion: 0,
  };
}
