import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { AppRecords } from '../../shared/app/records';
import { NotFoundError, toSyncError, ValidationError } from '../../shared/errors';
import { field } from '../../shared/mapping/row';
import { textCodec } from '../../shared/mapping/codec';
import { decode, defineMapping, encode } from '../../shared/mapping/mapping';
import { defineEntity } from '../../shared/schema/entity';
import { text } from '../../shared/schema/fields';
import { isStorable, onOneLine, shownValue, storable, withLineFeeds } from '../../shared/schema/text';
import { openStore, type OpenStore } from '../../shared/store';
import { systemClock, systemRandom } from '../../shared/system';
import { aConnection } from '../contract/storeSupport';
import { startPostgres, type RunningPostgres } from '../support/postgres';

let server: RunningPostgres;
let folder: string;
const stores: OpenStore[] = [];

beforeAll(async () => {
  server = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), 'accounting-sync-'));
  const { host, port, database, user, password } = server;
  const path = join(folder, 'store.sqlite');
  stores.push(
    await openStore({ kind: 'sqlite', path, random: systemRandom }),
    await openStore({
      kind: 'postgres',
      host,
      port,
      database,
      user,
      password,
      schema: 'texts',
      random: systemRandom,
    }),
  );
  for (const store of stores) await store.connections.create(aConnection());
}, 60_000);

afterAll(async () => {
  for (const store of stores) await store.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Anything at all: control characters, halves of characters, all planes. */
const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
  fc.array(fc.integer({ min: 0, max: 0x9f }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
);

describe('text that an app sends', () => {
  it('is either refused at the door, or read back from every store as it was', async () => {
    const seen = { refused: 0, stored: 0 };
    const { id: connectionId } = aConnection();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(anything, anything, async (notes, suffix) => {
        const id = `c${++count}${suffix}`;
        const outcomes = await Promise.all(
          stores.map(async (store) => {
            const records = new AppRecords({ store, connectionId, clock: systemClock, random: systemRandom });
            try {
              await records.upsert('customer', { id, fields: { displayName: 'A', notes } });
            } catch (error) {
              expect(error).toBeInstanceOf(ValidationError);
              return 'refused';
            }
            const read = await records.get('customer', id);
            expect(read).toMatchObject({ id, fields: { notes: withLineFeeds(notes) || null } });
            return 'stored';
          }),
        );
        expect(new Set(outcomes).size).toBe(1);
        seen[outcomes[0] as keyof typeof seen]++;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(seen.refused, seen.stored)).toBeGreaterThan(20);
  }, 60_000);

  it.each([
    ['a NUL', 'poison\u0000'],
    ['an escape', '\u001b[31mred'],
    ['half a character', '\ud83d'],
    ['the other half', 'x\udc00y'],
    ['a delete', '\u007f'],
  ])('with %s is refused with the name of the field', async (_what, notes) => {
    const [store] = stores as [OpenStore, OpenStore];
    const { id: connectionId } = aConnection();
    const records = new AppRecords({ store, connectionId, clock: systemClock, random: systemRandom });
    await expect(
      records.upsert('customer', { id: 'refused', fields: { displayName: 'A', notes } }),
    ).rejects.toThrow(/^Customer refused: Notes has a control character or half of a character in it/);
  });

  it.each(['tab\tand\nline', 'Zoë', '😀', '\u0085', '\ufffd', 'a\r\nb'])(
    'like %j is taken',
    async (notes) => {
      const [store] = stores as [OpenStore, OpenStore];
      const { id: connectionId } = aConnection();
      const records = new AppRecords({ store, connectionId, clock: systemClock, random: systemRandom });
      const edit = { id: 'taken', fields: { displayName: 'A', notes } };
      expect((await records.upsert('customer', edit)).record.fields['notes']).toBe(withLineFeeds(notes));
    },
  );
});

describe('text that a provider holds', () => {
  const mapping = defineMapping({
    entity: defineEntity({
      name: 'noted',
      label: 'Noted',
      plural: 'Noted',
      version: 1,
      title: 'note',
      naturalKey: null,
      shape: { note: text('Note', 100), other: text('Other', 100) },
    }),
    rows: [field('note', 'Note', textCodec()), field('other', 'Other', textCodec())],
  });
  const wire = { Note: 'a\u0000b\ud83d', Other: 'x' };

  it('is read, with a mark where no store can hold it', () => {
    expect(decode(mapping, wire)).toEqual({ note: 'a\ufffdb\ufffd', other: 'x' });
  });

  it('stays there as it is when another field is edited, and goes when it is edited itself', () => {
    const read = decode(mapping, wire);
    expect(encode(mapping, { ...read, other: 'y' }, wire)).toEqual({ Other: 'y' });
    expect(encode(mapping, { ...read, note: 'clean' }, wire)).toEqual({ Note: 'clean' });
  });

  it('can be stored in its errors', () => {
    const error = new NotFoundError('Not \u0000there', {
      recordId: '\ud800',
      issues: [{ field: 'a\u0001', reason: 'b' }],
    });
    expect(error.message).toBe('Not \ufffdthere');
    expect(error.details).toEqual({ recordId: '\ufffd', issues: [{ field: 'a\ufffd', reason: 'b' }] });
    expect(toSyncError(new Error('\u0000')).message).toBe('\ufffd');
  });
});

describe('what is shown of any text', () => {
  it('is short, on one line and storable', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(isStorable(storable(value))).toBe(true);
        for (const shown of [shownValue(value), onOneLine(value)]) {
          expect(shown).not.toMatch(/\p{Cc}/u);
          expect(shown.isWellFormed()).toBe(true);
        }
      }),
    );
    expect(shownValue('x'.repeat(5_000))).toHaveLength(103);
    expect(onOneLine('Bad\n2026-01-01 | error | FORGED')).toBe('Bad 2026-01-01 | error | FORGED');
  });
});
