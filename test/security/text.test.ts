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
import { entityNamed } from '../../shared/schema/entities';
import { text } from '../../shared/schema/fields';
import { parseRecord } from '../../shared/schema/parse';
import { isStorable, onOneLine, shownValue, storable, withLineFeeds } from '../../shared/schema/text';
import { openStore, type OpenStore } from '../../shared/store';
import { systemClock, systemRandom } from '../../shared/system';
import { aConnection } from '../contract/storeSupport';
import { startPostgres, type RunningPostgres } from '../support/postgres';

const { id: connectionId } = aConnection();
const invoice = entityNamed('invoice');
const customer = { entity: 'customer', id: 'c' };

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
    const isRefused = (lines: object[]) => {
      try {
        parseRecord(invoice, { customer, lines });
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(ValidationError);
        return true;
      }
    };
    let count = 0;
    const texts = fc.array(fc.tuple(anything, anything), { minLength: 40, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(texts, async (pairs) => {
        const lines = pairs
          .map(([id, description], index) => ({ id: `${index}${id}`, description, amount: '1' }))
          .filter((line) => !isRefused([line]));
        seen.stored += lines.length;
        seen.refused += pairs.length - lines.length;
        // An id that can be one of a line can be one of a record.
        const id = `${++count}${lines[0]?.id ?? ''}`;
        for (const store of stores) {
          const records = new AppRecords({ store, connectionId, clock: systemClock, random: systemRandom });
          await records.upsert('invoice', { id, fields: { customer, lines } });
          const read = (await records.get('invoice', id))?.fields['lines'];
          expect(read).toEqual(
            lines.map((line) => ({ ...line, description: withLineFeeds(line.description) || null })),
          );
        }
      }),
      { numRuns: 15 },
    );
    expect(Math.min(seen.refused, seen.stored)).toBeGreaterThan(100);
  }, 60_000);

  it.each([
    ['a NUL', 'poison\u0000'],
    ['an escape', '\u001b[31mred'],
    ['half a character', '\ud83d'],
    ['the other half', 'x\udc00y'],
    ['a delete', '\u007f'],
  ])('with %s is refused with the name of the field', async (_what, notes) => {
    const [store] = stores as [OpenStore, OpenStore];
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
