import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../simulation/random';
import { until, type Stage } from '../stage';
import { compareSides } from './compare';
import { randomFault } from './faults';
import { EDITED, Load, type Edited } from './load';

export interface KillReport {
  kills: number;
  /** Of those, while n8n was starting. */
  duringStart: number;
  acknowledged: { app: number; quickBooks: number };
  records: number;
  lost: string[];
  doubled: string[];
  /** Edits refused, conflicts and dead letters: none of them has a cause here. */
  unexpected: string[];
  /** From a kill until n8n answered again, at worst. */
  worstRecoveryMs: number;
  auditBrokenAt: number | null;
}

export interface KillOptions {
  kills: number;
  seed: number;
  say: (line: string) => void;
}

/** Webhooks that are never sent, sent twice, or out of order, as a provider's are now and then. */
const BAD_WEBHOOKS = { loss: 0.1, duplicate: 0.2, shuffle: true };
const SETTLE_MS = 240_000;

/**
 * Kills n8n again and again while people work on both sides and the network does its worst; then lets it catch up
 * and looks for what was lost or doubled. The stage is live, its first import done.
 */
export async function playKills(stage: Stage, { kills, seed, say }: KillOptions): Promise<KillReport> {
  const random = new SeededRandom(seed);
  const load = new Load(stage, new SeededRandom(seed + 1), await sharedRecords(stage));
  let [duringStart, worstRecoveryMs] = [0, 0];
  stage.listen(BAD_WEBHOOKS);
  load.start();
  for (let kill = 1; kill <= kills; kill++) {
    for (let i = 0; i < 3; i++) stage.quickBooks.addFaults(randomFault(random));
    await sleep(1_000 + random.below(5_000));
    await stage.n8n.kill();
    const killedAt = performance.now();
    // Some of the kills come while it starts after another one.
    if (kill < kills && random.chance(0.3)) {
      kill++;
      duringStart++;
      await killedWhileStarting(stage, 500 + random.below(4_000));
    }
    await stage.n8n.restart();
    worstRecoveryMs = Math.max(worstRecoveryMs, performance.now() - killedAt);
    say(
      `${kill} of ${kills} kills; edits acknowledged: ${load.acknowledged.app} in the app, ${load.acknowledged.quickBooks} in QuickBooks`,
    );
  }
  await load.stop();
  say('catching up');
  stage.quickBooks.clearFaults();
  stage.listen();
  // What is started looks up what it was not told of.
  await stage.n8n.restart();
  await stage.quickBooks.flushWebhooks();
  await stage.quiet(SETTLE_MS).catch(() => undefined);
  // Balances that moved with what was written last come by no webhook: they are seen in the feed of changes.
  await stage.n8n.restart();
  let compared = await compareSides(stage, load.expected);
  await until(
    'both sides say the same',
    SETTLE_MS,
    async () => {
      compared = await compareSides(stage, load.expected);
      return compared.lost.length === 0;
    },
    1_000,
  ).catch(() => undefined);
  await stage.quiet().catch(() => undefined);
  const { id } = await stage.connection();
  const store = await stage.store();
  return {
    kills,
    duringStart,
    acknowledged: load.acknowledged,
    ...compared,
    unexpected: [...load.refusals, ...(await openQuestions(stage))],
    worstRecoveryMs: Math.round(worstRecoveryMs),
    auditBrokenAt: (await store.audit.verify(id, { now: Date.now() })).brokenAt,
  };
}

async function killedWhileStarting({ n8n }: Stage, afterMs: number): Promise<void> {
  const starting = n8n.restart().then(
    () => undefined,
    () => undefined,
  );
  await sleep(afterMs);
  await n8n.kill();
  await starting;
}

/** A few of each entity that both sides have from the first import. */
async function sharedRecords(stage: Stage) {
  const shared: { entity: Edited; appId: string; ledgerId: string }[] = [];
  for (const entity of Object.keys(EDITED) as Edited[]) {
    for (const { Id } of stage.quickBooks.records(EDITED[entity]).slice(0, 8) as { Id: string }[]) {
      const link = await stage.linkOf(entity, 'ledger', Id);
      if (link?.app.id) shared.push({ entity, appId: link.app.id, ledgerId: Id });
    }
  }
  return shared;
}

async function openQuestions(stage: Stage): Promise<string[]> {
  const store = await stage.store();
  const { id: connectionId } = await stage.connection();
  const conflicts = await store.conflicts.list({ connectionId, status: 'open', limit: 100 });
  const dead = await store.queue.list({ connectionId, status: 'dead', limit: 100 });
  return [
    ...conflicts.map(
      ({ entity, title, fields }) => `conflict on ${entity} ${title}: ${JSON.stringify(fields)}`,
    ),
    ...dead.map(
      ({ entity, recordId, lastError }) => `${entity} ${recordId} failed: ${JSON.stringify(lastError)}`,
    ),
  ];
}
