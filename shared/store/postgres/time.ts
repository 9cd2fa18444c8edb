/** Clocks that are kept right differ by less: then a machine goes by its own. */
const TOLERANCE_MS = 1_000;
const MEASURE_EVERY_MS = 60_000;

/**
 * The time that all who share a database agree on, epoch milliseconds. Leases and due times are compared between
 * machines: a worker whose clock is minutes ahead would take every lease for expired, and write what another is
 * writing. `ask` is the database's own time; asked again every minute, without anybody waiting for it.
 */
export async function databaseTime(ask: () => Promise<number>, local: () => number): Promise<() => number> {
  let offset = 0;
  let measuredAt = local();
  const measure = async () => {
    const before = local();
    const theirs = await ask();
    const after = local();
    const difference = theirs - (before + after) / 2;
    const isReal = Math.abs(difference) > TOLERANCE_MS + (after - before) / 2;
    offset = isReal ? Math.round(difference) : 0;
  };
  await measure();
  return () => {
    const now = local();
    if (Math.abs(now - measuredAt) >= MEASURE_EVERY_MS) {
      measuredAt = now;
      // A database that cannot be asked will say so to whoever needs it; until then the last answer holds.
      void measure().catch(() => {});
    }
    return now + offset;
  };
}
