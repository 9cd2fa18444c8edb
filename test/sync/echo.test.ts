import type { LinkSide, QueuedEvent } from '../../shared/ports';
import { seenAlready } from '../../shared/sync/echo';

const at = (ms: number) => new Date(Date.UTC(2026, 10, 20, 10, 0, 0, ms)).toISOString();
const event = (ms: number | null) => (ms === null ? {} : { occurredAt: at(ms) }) as QueuedEvent;
const afterRead: LinkSide = { id: '1', version: '4', asOf: at(500), echo: null };
const afterWrite: LinkSide = {
  id: '1',
  version: '5',
  asOf: at(700),
  echo: { afterAsOf: at(500), seenAt: null },
};

describe('seenAlready', () => {
  it('takes what happened before a read for seen, and nothing of the same millisecond', () => {
    expect(seenAlready(event(499), afterRead)).toBe(afterRead);
    expect(seenAlready(event(500), afterRead)).toBeNull();
    expect(seenAlready(event(501), afterRead)).toBeNull();
  });

  it('says nothing without a time on both sides', () => {
    expect(seenAlready(event(null), afterRead)).toBeNull();
    expect(seenAlready(event(1), { ...afterRead, asOf: null })).toBeNull();
  });

  it('takes one change between the last read and the answer of our write for its echo, and its repeats', () => {
    const once = seenAlready(event(650), afterWrite) as LinkSide;
    expect(once.echo?.seenAt).toBe(at(650));
    expect(seenAlready(event(650), once)).toBe(once);
    expect(seenAlready(event(499), once)).toBe(once);
  });

  it('reads when a second change falls into that gap, whichever comes first', () => {
    const once = seenAlready(event(690), afterWrite) as LinkSide;
    expect(seenAlready(event(650), once)).toBeNull();
    expect(seenAlready(event(695), once)).toBeNull();
    expect(seenAlready(event(701), afterWrite)).toBeNull();
  });

  it('reads when a change that is known by its second only may have come after a read', () => {
    const second = event(0);
    const read = (ms: number): LinkSide => ({ ...afterRead, asOf: at(ms) });
    expect(seenAlready(second, read(500))).toBeNull();
    expect(seenAlready(second, read(1_000))).not.toBeNull();
    const once = seenAlready(second, {
      ...afterWrite,
      echo: { afterAsOf: at(-500), seenAt: null },
    }) as LinkSide;
    expect(once.echo?.seenAt).toBe(at(0));
    // The second one of that second: our echo again, or somebody's edit.
    expect(seenAlready(second, once)).toBeNull();
  });
});
