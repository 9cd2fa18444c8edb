/**
 * How many slots the counts of a connection are spread over. Backends of one pool start one after another, so that
 * their numbers differ and two transactions seldom have the same slot. When they do, one waits for the other; should
 * they wait in a circle, the database undoes one and the writer tries it again.
 */
const SLOTS = 16;

/** What a statement has changed of the counts, from the rows that it has written and those it found. */
const changes = {
  INSERT: 'SELECT connection_id, status, 1 AS by FROM written',
  UPDATE: `SELECT connection_id, status, 1 AS by FROM written
    UNION ALL SELECT connection_id, status, -1 FROM found`,
  DELETE: 'SELECT connection_id, status, -1 AS by FROM found',
} as const;

const rows = {
  INSERT: 'NEW TABLE AS written',
  UPDATE: 'OLD TABLE AS found NEW TABLE AS written',
  DELETE: 'OLD TABLE AS found',
} as const;

/** Keeps `event_counts` in the transaction that moves events, once for each statement. */
export const countEvents: readonly string[] = (['INSERT', 'UPDATE', 'DELETE'] as const).flatMap((move) => [
  `CREATE FUNCTION count_events_${move.toLowerCase()}() RETURNS trigger
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
      INSERT INTO event_counts AS counted (connection_id, status, slot, events)
      SELECT connection_id, status, pg_backend_pid() % ${SLOTS}, sum(by) FROM (${changes[move]}) AS change
      GROUP BY connection_id, status HAVING sum(by) <> 0 ORDER BY connection_id, status
      ON CONFLICT (connection_id, status, slot) DO UPDATE SET events = counted.events + excluded.events;
      RETURN NULL;
    END $$`,
  `CREATE TRIGGER events_counted_${move.toLowerCase()} AFTER ${move} ON events
    REFERENCING ${rows[move]} FOR EACH STATEMENT EXECUTE FUNCTION count_events_${move.toLowerCase()}()`,
]);
