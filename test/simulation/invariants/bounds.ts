import { defaultRetry } from '../../../shared/sync/retry';
import type { QueuedEvent, SideName } from '../../../shared/ports';
import { hasSuccessor, lacksReference } from './references';
import type { Panorama } from './sight';

const PASSING = [
  'auth',
  'rate_limit',
  'budget',
  'transient',
  'uncertain_write',
  'lease_lost',
  'busy',
  'policy_changed',
];

/** What ends by itself is waited for; the rest has to be the record's own fault, or a side's. */
function mayGiveUp(event: QueuedEvent, panorama: Panorama): boolean {
  const { world } = panorama;
  const error = event.lastError;
  if (error && refersToGone(error.message, panorama)) return true;
  // What was brought back may have been made anew before, and both cannot have one name.
  if (error?.code === 'duplicate') return world.journal.hasReopenings;
  if (error?.code === 'validation')
    return (
      (error.message === 'is not wanted' && world.refusals > 0) ||
      (/refers to .* no longer there/.test(error.message) && lacksReference(event, panorama))
    );
  // Somebody has waited for the record that it refers to for as long as is promised.
  if (error?.code === 'validation' && /, which .* (not sent yet|not show yet)$/.test(error.message))
    return true;
  // A side that was down for long, or was when what this waits for was tried.
  return /\bis down\b/.test(error?.message ?? '');
}

/** A side has refused what refers to a record that is gone there; somebody may have brought that one back since. */
function refersToGone(message: string, panorama: Panorama): boolean {
  const { twins, journal } = panorama.world;
  const [, side, entity, id] = /refers to (app|ledger) (\w+) (\w+), which is gone$/.exec(message) ?? [];
  if (!side || !entity || !id) return false;
  const twin = twins[side as SideName];
  const record = twin.get(entity, id);
  const isGone = !record || !twin.isLive(record);
  // Whoever waits for what is being made anew has its new name in the end.
  return isGone ? !hasSuccessor(panorama, side as SideName, { entity, id }) : journal.hasReopenings;
}

/** Invariant 8: attempts are bounded, and whatever is not settled is where somebody finds it. */
export function nothingStuck(panorama: Panorama): string[] {
  const { open, conflictLinks } = panorama;
  const faults: string[] = [];
  for (const event of Object.values(open).flat()) {
    if (event.attempts > defaultRetry.maxAttempts)
      faults.push(`${event.entity} ${event.recordId} was tried ${event.attempts} times`);
    // No side and no person does that: the engine itself has failed.
    if (event.lastError?.code === 'internal')
      faults.push(`${event.entity} ${event.recordId} met an error of ours: ${event.lastError.message}`);
  }
  for (const [linkId, events] of Map.groupBy(open.dead, (event) => event.linkId)) {
    // Whatever may pass by itself is tried again, as often as promised; events of a record share their fate.
    const attempts = Math.max(...events.map((event) => event.attempts));
    const code = events[0]?.lastError?.code ?? '';
    if (PASSING.includes(code) && attempts < defaultRetry.maxAttempts - 1)
      faults.push(`${events[0]?.entity} ${linkId} was given up for ${code} after ${attempts} attempts`);
  }
  for (const event of open.dead) {
    const { entity, recordId, lastError } = event;
    if (!mayGiveUp(event, panorama))
      faults.push(`${entity} ${recordId} was given up for ${lastError?.code}: ${lastError?.message}`);
  }
  for (const event of open.pending)
    faults.push(`an event of ${event.entity} ${event.recordId} is still pending`);
  for (const event of open.held) {
    // A decision may have to wait for what its record refers to.
    const isNamed =
      conflictLinks.has(event.linkId) ||
      [...open.dead, ...open.waiting].some(({ linkId }) => linkId === event.linkId);
    if (!isNamed) faults.push(`an event of ${event.entity} ${event.recordId} is held, for no conflict`);
  }
  if (conflictLinks.size === 0 && open.dead.length === 0 && open.waiting.length > 0)
    faults.push(`${open.waiting.length} events wait, for nothing`);
  return faults;
}

/** Calls that one claim may cost: rounds of a record that keeps moving, each with its look-ups. */
const READS_PER_CLAIM = 14;
const WRITES_PER_CLAIM = 6;
/** Calls in flight when a side says no: those are made, no more. */
const REFUSED_PER_ATTEMPT = 10;

/** Invariants 4 and 9: calls are bounded by what there was to do, refusals are not answered with more calls. */
export function callsBounded({ world }: Panorama): string[] {
  const { twins, watch, runs, clock } = world;
  const faults: string[] = [];
  const [reads, writes, refused] = (['read', 'write', 'refused'] as const).map(
    (kind) => twins.app.calls[kind] + twins.ledger.calls[kind],
  ) as [number, number, number];
  if (reads > READS_PER_CLAIM * (watch.claims + 1)) faults.push(`${reads} reads for ${watch.claims} claims`);
  if (writes > WRITES_PER_CLAIM * (watch.claims + 1))
    faults.push(`${writes} writes for ${watch.claims} claims`);
  // An import that is told to wait does, and goes on.
  if (refused > REFUSED_PER_ATTEMPT * (runs + clock.sleeps))
    faults.push(`${refused} refused calls in ${runs} runs`);
  return faults;
}
