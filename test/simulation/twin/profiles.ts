import type { SeededRandom } from '../random';
import type { EntityHabits, Profile } from './profile';

const form = (more: Partial<EntityHabits> = {}): EntityHabits => ({
  update: true,
  remove: ['delete', 'void'],
  unique: false,
  lookup: 'external_id',
  webhook: true,
  ...more,
});
const name = (more: Partial<EntityHabits> = {}): EntityHabits => ({
  update: true,
  remove: ['archive'],
  unique: true,
  lookup: 'unique_key',
  webhook: true,
  ...more,
});

const DAY = 86_400_000;

/** The built-in app records: a real lock, our marks, hard deletes. */
export const appRecords: Profile = {
  name: 'app',
  lock: true,
  versions: 'counter',
  idempotencyMs: null,
  timestamps: 'ms',
  readTimes: false,
  timedWebhooks: true,
  update: 'sparse',
  lineIds: 'kept',
  tombstones: true,
  lookupLagMs: 0,
  listLagMs: 0,
  readLagMs: 0,
  pageSize: 500,
  computes: false,
  normalizes: false,
  unsupportedNotes: false,
  goneReference: null,
  skewMs: 0,
  entities: {
    customer: name({ remove: ['delete', 'void'], lookup: 'external_id' }),
    item: name({ remove: ['delete', 'void'], lookup: 'external_id' }),
    invoice: form(),
    credit_note: form(),
    payment: form(),
  },
};

/** providers/quickbooks.md: SyncToken, requestid, name lists made inactive, seconds, timed notifications. */
export const quickbooks: Profile = {
  ...appRecords,
  name: 'quickbooks',
  lineIds: 'numbered',
  goneReference: 'not_found',
  idempotencyMs: DAY,
  timestamps: 'second',
  readTimes: true,
  tombstones: false,
  listLagMs: 2_000,
  readLagMs: 5_000,
  pageSize: 2,
  computes: true,
  entities: { customer: name(), item: name(), invoice: form(), credit_note: form(), payment: form() },
};

/** providers/xero.md: no lock, keys that last minutes, status rows, payments that cannot be changed. */
export const xero: Profile = {
  ...appRecords,
  name: 'xero',
  goneReference: 'validation',
  lock: false,
  versions: 'time',
  idempotencyMs: 300_000,
  readTimes: false,
  update: 'full',
  lookupLagMs: 2_000,
  pageSize: 2,
  computes: true,
  normalizes: true,
  entities: {
    customer: name({ lookup: 'external_id' }),
    item: name({ remove: ['delete'], webhook: false }),
    invoice: form(),
    credit_note: form(),
    payment: form({ update: false, remove: ['delete'], webhook: false }),
  },
};

/** providers/wave.md: neither lock nor keys, nothing left of what is deleted, no credit notes, no webhooks to trust. */
export const wave: Profile = {
  ...appRecords,
  name: 'wave',
  goneReference: 'validation',
  lock: false,
  versions: 'time',
  timedWebhooks: false,
  update: 'full',
  lineIds: 'replaced',
  tombstones: false,
  pageSize: 3,
  computes: true,
  unsupportedNotes: true,
  entities: {
    customer: name({ remove: ['delete'], webhook: false }),
    item: name({ webhook: false }),
    invoice: form({ remove: ['delete'], lookup: 'none', webhook: false }),
    payment: form({ remove: ['delete'], lookup: 'none', webhook: false }),
  },
};

/** providers/accountedge.md: RowVersion, no keys, full replacement, no zone, no tombstones, payments without PUT. */
export const accountedge: Profile = {
  ...appRecords,
  name: 'accountedge',
  goneReference: 'validation',
  versions: 'random',
  timestamps: 'none',
  timedWebhooks: false,
  update: 'full',
  tombstones: false,
  computes: true,
  entities: {
    customer: name({ remove: ['delete'] }),
    item: name({ remove: ['delete'] }),
    invoice: form({ remove: ['delete'] }),
    credit_note: form({ remove: ['delete'] }),
    payment: form({ update: false, remove: ['delete'] }),
  },
};

export const ledgers: readonly Profile[] = [quickbooks, xero, wave, accountedge];

/** The habits of a known side with some of its flags thrown anew: combinations that a new version may bring. */
export function exotic(random: SeededRandom, from: Profile): Profile {
  const flip = <T>(value: T, others: readonly T[]) => (random.chance(0.3) ? random.pick(others) : value);
  const versions = flip<Profile['versions']>(from.versions, ['counter', 'time', 'random', 'hash']);
  const rising = versions === 'counter' || versions === 'time';
  return {
    ...from,
    name: `${from.name}, changed`,
    lock: versions === 'hash' ? false : flip(from.lock, [true, false]),
    versions,
    // A content hash calls two states the same that a key would take for one write.
    idempotencyMs: versions === 'hash' ? null : flip(from.idempotencyMs, [null, 60_000, 300_000, DAY]),
    timestamps: flip(from.timestamps, ['ms', 'second', 'none']),
    readTimes: flip(from.readTimes, [true, false]),
    timedWebhooks: flip(from.timedWebhooks, [true, false]),
    update: flip(from.update, ['sparse', 'full']),
    lineIds: flip(from.lineIds, ['kept', 'replaced', 'numbered']),
    tombstones: flip(from.tombstones, [true, false]),
    lookupLagMs: flip(from.lookupLagMs, [0, 2_000, 30_000]),
    listLagMs: flip(from.listLagMs, [0, 2_000]),
    readLagMs: rising ? flip(from.readLagMs, [0, 5_000]) : 0,
    pageSize: flip(from.pageSize, [1, 2, 3]),
    computes: from.computes,
    normalizes: flip(from.normalizes, [true, false]),
    unsupportedNotes: from.unsupportedNotes,
    goneReference: from.goneReference,
    skewMs: 0,
  };
}
