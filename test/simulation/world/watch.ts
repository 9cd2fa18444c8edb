import { LeaseLostError, SyncError } from '../../../shared/errors';
import type {
  Claim,
  ClaimOptions,
  Conflict,
  Connection,
  FieldConflict,
  Intent,
  Notices,
  NoticeStore,
  QueueStore,
  Replayed,
  Settlement,
  Store,
} from '../../../shared/ports';
import type { Coverage } from '../coverage';
import type { Violation } from '../violation';
import { CONNECTION } from './connection';
import type { Decisions } from './decisions';

/** Who has a record. */
interface Holder {
  worker: string;
  until: number;
  fence: number;
}

/** What a decision says of itself, as intents and audit rows carry it. */
interface Decision {
  path: string;
  from: string;
  by: string;
  after?: unknown;
}

/**
 * Looks at what workers ask of the store while they do: no effect of a late worker, no write against the
 * policy, none by a decision on another state. What it sees it judges by itself, not by what the store checks.
 */
export class Watch {
  readonly violations: Violation[] = [];
  /** Highest fence handed out, per link. */
  private readonly fences = new Map<string, number>();
  /** Who has a record, and until when. */
  private readonly holders = new Map<string, Holder>();
  /** Policies there were when a record was last handed out. */
  private readonly policies = new Map<string, number>();
  /** Conflicts in the states that people were told of. */
  readonly toldConflicts = new Set<string>();
  /** Events that have failed and that nobody was told of since. */
  readonly untoldFailures = new Set<string>();
  intents = 0;
  claims = 0;
  decisions = 0;

  constructor(
    private readonly coverage: Coverage,
    private readonly decided: Decisions,
    private readonly store: Store,
  ) {}

  connection(): Promise<Connection | null> {
    return this.store.connections.get(CONNECTION);
  }

  /** A connection that is paused or rests is left alone. */
  mayWork(connection: Connection | null, now: number): void {
    if (connection?.state === 'active' && (connection.resumeAt ?? 0) <= now) return;
    const message = `records were handed out while the connection ${connection?.state === 'active' ? 'rests' : 'is paused'}`;
    this.violations.push({ invariant: 'one worker at a time', message });
  }

  /** The store as workers see it. */
  over(store: Store): Store {
    return {
      connections: store.connections,
      queue: new WatchedQueue(store.queue, this),
      links: store.links,
      conflicts: store.conflicts,
      decisionLinks: store.decisionLinks,
      notices: new WatchedNotices(store.notices, this),
      policies: store.policies,
      audit: store.audit,
      checkpoints: store.checkpoints,
      appRecords: store.appRecords,
      usage: store.usage,
      intake: store.intake,
      close: () => store.close(),
    };
  }

  /** A worker has these records for as long as it says, and nobody else has. */
  handedOut(claims: Claim[], { worker, now }: Pick<ClaimOptions, 'worker' | 'now'>): Claim[] {
    this.claims += claims.length;
    for (const { link, leaseUntil } of claims) {
      const holder = this.holders.get(link.id);
      if (holder && holder.until > now)
        this.violations.push({
          invariant: 'one worker at a time',
          message: `${link.entity} ${link.id} was handed to ${worker} while ${holder.worker} had it`,
        });
      this.holders.set(link.id, { worker, until: leaseUntil, fence: link.fence });
      this.policies.set(link.id, this.decided.policyVersion);
    }
    for (const { link } of claims)
      this.fences.set(link.id, Math.max(link.fence, this.fences.get(link.id) ?? 0));
    return claims;
  }

  async noting(call: Promise<void>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (error instanceof LeaseLostError) this.coverage.hit('met:lease lost');
      else if (error instanceof SyncError && error.code === 'policy_changed')
        this.coverage.hit('met:policy changed');
      throw error;
    }
  }

  /** Nothing is sent by somebody whose lease has passed to another worker. */
  sends(worker: string, linkId: string, name: string): void {
    const holder = this.holders.get(linkId);
    if (!holder || holder.worker === worker) return;
    const message = `${worker} sends ${name} for ${linkId}, which ${holder.worker} has`;
    this.violations.push({ invariant: 'fencing', message });
  }

  /** The record is free from the moment when the store is asked; others may have it before the answer is here. */
  givesBack({ link }: Claim): void {
    if (this.holders.get(link.id)?.fence === link.fence) this.holders.delete(link.id);
  }

  late(claim: Claim, what: string): Violation[] {
    if ((this.fences.get(claim.link.id) ?? 0) <= claim.link.fence) return [];
    const message = `${what} of a late worker was taken for ${claim.link.entity} ${claim.link.id}`;
    return [{ invariant: 'fencing', message }];
  }

  judge(claim: Claim, intents: readonly Intent[]): Violation[] {
    const { entity, id } = claim.link;
    const faults = this.late(claim, 'an intent');
    for (const intent of intents) {
      for (const decision of (intent.decisions ?? []) as readonly Decision[]) {
        const fault =
          decision.by === 'policy'
            ? this.decided.againstPolicy(claim, intent, decision)
            : decision.by === 'resolution'
              ? (this.decided.againstResolution(id, intent) ?? this.decided.againstChoice(id, decision))
              : null;
        if (fault) faults.push({ invariant: 'policy in force', message: `${entity} ${id}: ${fault}` });
      }
    }
    return faults;
  }

  takesIntents(claim: Claim, intents: readonly Intent[]): void {
    for (const { operation, side, decisions = [] } of intents) {
      this.intents++;
      const isChange = operation === 'create' || operation === 'update';
      this.coverage.hit(
        isChange ? `intent:${operation} ${claim.link.entity}@${side}` : `remove:${operation}@${side}`,
      );
      for (const { by } of decisions as readonly Decision[]) this.coverage.hit(`decide:by ${by}`);
    }
  }

  /** People are told: nothing that they know already. */
  tells({ conflicts, failures }: Notices): void {
    for (const { id, refreshedAt, entity, title } of conflicts) {
      const state = stateOf({ id, refreshedAt });
      if (this.toldConflicts.has(state)) this.toldTwice(`the conflict on ${entity} ${title}`);
      this.toldConflicts.add(state);
      this.coverage.hit('told:conflict');
    }
    for (const { entity, linkId, eventIds } of failures) {
      if (!eventIds.some((id) => this.untoldFailures.has(id)))
        this.toldTwice(`the failure of ${entity} ${linkId}`);
      for (const id of eventIds) this.untoldFailures.delete(id);
      this.coverage.hit('told:failure');
    }
  }

  private toldTwice(what: string): void {
    this.violations.push({ invariant: 'told once', message: `${what} was told twice` });
  }

  takesSettlement(claim: Claim, settlement: Settlement): void {
    if (settlement.outcome.kind === 'dead') for (const { id } of claim.events) this.untoldFailures.add(id);
    this.coverage.hit(`entity:${claim.link.entity}`);
    for (const { kind, detail } of settlement.audit) {
      this.coverage.hit(`settle:${kind}`);
      // The last one may have been set between the reading of the policies and the claim.
      const least = (this.policies.get(claim.link.id) ?? 0) - 1;
      if (typeof detail['policyVersion'] !== 'number' || detail['policyVersion'] < least)
        this.violations.push({
          invariant: 'audit replays',
          message: `a row of kind ${kind} does not name the policies in force`,
        });
      this.decisions += ((detail['decisions'] ?? []) as unknown[]).length;
      for (const { reason } of (detail['fields'] ?? []) as FieldConflict[])
        this.coverage.hit(`decide:hold ${reason}`);
      const code = (detail['error'] as { code: string } | undefined)?.code;
      if (code) this.coverage.hit(`met:${code.replaceAll('_', ' ')}`);
    }
  }
}

/** What people are told of is a conflict in one of its states. */
export const stateOf = ({ id, refreshedAt }: Pick<Conflict, 'id' | 'refreshedAt'>): string =>
  `${id}@${refreshedAt}`;

class WatchedNotices implements NoticeStore {
  constructor(
    private readonly notices: NoticeStore,
    private readonly watch: Watch,
  ) {}

  async take(...args: Parameters<NoticeStore['take']>): Promise<Notices> {
    const notices = await this.notices.take(...args);
    this.watch.tells(notices);
    return notices;
  }

  pending(...args: Parameters<NoticeStore['pending']>): Promise<string[]> {
    return this.notices.pending(...args);
  }
}

/** The queue, with somebody looking over the shoulders of those who use it. */
class WatchedQueue implements QueueStore {
  constructor(
    private readonly queue: QueueStore,
    private readonly watch: Watch,
  ) {}

  append(...args: Parameters<QueueStore['append']>): ReturnType<QueueStore['append']> {
    return this.queue.append(...args);
  }

  async claim(options: ClaimOptions): Promise<Claim[]> {
    // Asked at once, so that both answers speak of one moment.
    const [connection, claims] = await Promise.all([this.watch.connection(), this.queue.claim(options)]);
    if (claims.length > 0) this.watch.mayWork(connection, options.now);
    return this.watch.handedOut(claims, options);
  }

  async claimLink(...args: Parameters<QueueStore['claimLink']>): Promise<Claim | null> {
    const claim = await this.queue.claimLink(...args);
    if (claim) this.watch.handedOut([claim], args[1]);
    return claim;
  }

  async storeIntents(claim: Claim, intents: readonly Intent[]): Promise<void> {
    // Judged as things are when the store is asked; it counts once the store has taken it.
    const faults = this.watch.judge(claim, intents);
    await this.watch.noting(this.queue.storeIntents(claim, intents));
    this.watch.violations.push(...faults);
    this.watch.takesIntents(claim, intents);
  }

  openCreates(...args: Parameters<QueueStore['openCreates']>): Promise<Intent[]> {
    return this.queue.openCreates(...args);
  }

  async settle(claim: Claim, settlement: Settlement): Promise<void> {
    const late = this.watch.late(claim, 'a settlement');
    this.watch.givesBack(claim);
    await this.watch.noting(this.queue.settle(claim, settlement));
    this.watch.violations.push(...late);
    this.watch.takesSettlement(claim, settlement);
  }

  async release(claim: Claim): Promise<void> {
    this.watch.givesBack(claim);
    await this.watch.noting(this.queue.release(claim));
  }

  ready(...args: Parameters<QueueStore['ready']>): ReturnType<QueueStore['ready']> {
    return this.queue.ready(...args);
  }

  counts(connectionId: string): ReturnType<QueueStore['counts']> {
    return this.queue.counts(connectionId);
  }

  list(...args: Parameters<QueueStore['list']>): ReturnType<QueueStore['list']> {
    return this.queue.list(...args);
  }

  failed(...args: Parameters<QueueStore['failed']>): ReturnType<QueueStore['failed']> {
    return this.queue.failed(...args);
  }

  replay(...args: Parameters<QueueStore['replay']>): Promise<Replayed[]> {
    return this.queue.replay(...args);
  }

  dismiss(...args: Parameters<QueueStore['dismiss']>): ReturnType<QueueStore['dismiss']> {
    return this.queue.dismiss(...args);
  }
}
