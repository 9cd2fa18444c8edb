/** Keeps `event_counts` in the transaction that moves an event. There is one writer, so one slot will do. */
export const countEvents: readonly string[] = [
  trigger('added', 'INSERT', ['(new.connection_id, new.status, 0, 1)']),
  trigger('moved', 'UPDATE OF connection_id, status', [
    '(new.connection_id, new.status, 0, 1)',
    '(old.connection_id, old.status, 0, -1)',
  ]),
  trigger('removed', 'DELETE', ['(old.connection_id, old.status, 0, -1)']),
];

function trigger(name: string, move: string, changes: readonly string[]): string {
  return `CREATE TRIGGER events_${name} AFTER ${move} ON events BEGIN
    INSERT INTO event_counts (connection_id, status, slot, events) VALUES ${changes.join(', ')}
    ON CONFLICT (connection_id, status, slot) DO UPDATE SET events = events + excluded.events;
  END`;
}
