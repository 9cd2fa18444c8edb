import { randomBytes } from 'node:crypto';
import { NotFoundError, StaleVersionError } from '../../shared/errors';
import type { SideRecord } from '../../shared/ports';
import type { ProviderSide } from '../../shared/providers/provider';
import type { Fields } from '../../shared/schema/entity';

export interface ProviderFixture {
  side: ProviderSide;
  /** Fields of a new record that the company accepts; `n` makes it one of a kind. */
  sample(entity: string, n: number): Promise<Fields> | Fields;
  /** A change that the company accepts on a sample. */
  edit(entity: string): Fields;
  /** Somebody edits the record in the provider's own product. */
  editThere(entity: string, id: string): Promise<void>;
  /** The next create is carried out and its answer is lost. */
  loseNextAnswer(entity: string): Promise<void>;
  /** Calls so far that the provider meters, and those it does not. */
  calls(): { read: number; write: number };
  close(): Promise<void>;
}

export interface ProviderContract {
  name: string;
  make(): Promise<ProviderFixture>;
  /** Entities to run it with; all of the capability table when absent. */
  entities?: readonly string[];
}

let next = 0;
const key = () => randomBytes(16).toString('hex');
const externalId = () => `01900000-0000-7000-8000-${String(++next).padStart(12, '0')}`;

/** What the engine relies on, whatever the provider. */
export function runProviderContract({ name, make, entities }: ProviderContract): void {
  describe(`provider contract: ${name}`, () => {
    let fixture: ProviderFixture;
    let side: ProviderSide;
    beforeAll(async () => {
      fixture = await make();
      side = fixture.side;
    });
    afterAll(async () => fixture.close());

    const create = async (entity: string, id = externalId()) =>
      side.create(entity, await fixture.sample(entity, ++next), { key: key(), externalId: id });
    const writable = () =>
      Object.entries(side.capabilities.entities)
        .filter(([entity, { create: can }]) => can && (entities === undefined || entities.includes(entity)))
        .map(([entity]) => entity);
    const each = async (run: (entity: string) => Promise<void>) => {
      for (const entity of writable()) await run(entity);
    };
    const said = (record: SideRecord | null) => record && { ...record, asOf: undefined, raw: undefined };

    it('holds afterwards what it answers to a create', () =>
      each(async (entity) => {
        const sample = await fixture.sample(entity, ++next);
        const created = await side.create(entity, sample, { key: key(), externalId: externalId() });
        expect(created.state).toBe('live');
        expect(created.asOf).toMatch(/Z$/);
        expect(said(await side.read(entity, created.id))).toEqual(said(created));
        expect({ entity, ...created.fields }).toMatchObject(sample);
      }));

    it('says null for what was never there', () =>
      each(async (entity) => {
        expect(await side.read(entity, '99999999')).toBeNull();
      }));

    it('updates what is asked, keeps the rest and gives a new version', () =>
      each(async (entity) => {
        const created = await create(entity);
        const change = fixture.edit(entity);
        const updated = await side.update(
          entity,
          created,
          { ...created.fields, ...change },
          { key: key(), externalId: externalId() },
        );
        expect(updated.version).not.toBe(created.version);
        expect(updated.fields).toMatchObject(change);
        expect(said(await side.read(entity, created.id))).toEqual(said(updated));
      }));

    it('sends nothing for an update that changes nothing', () =>
      each(async (entity) => {
        const created = await create(entity);
        const before = fixture.calls();
        const same = await side.update(entity, created, created.fields, {
          key: key(),
          externalId: externalId(),
        });
        expect(same.version).toBe(created.version);
        expect(fixture.calls()).toEqual(before);
      }));

    it('updates from the fields alone, without its own copy', () =>
      each(async (entity) => {
        const { raw: _raw, ...created } = await create(entity);
        const change = fixture.edit(entity);
        const options = { key: key(), externalId: externalId() };
        const updated = await side.update(entity, created, { ...created.fields, ...change }, options);
        expect(updated.fields).toMatchObject(change);
      }));

    it('refuses a stale version', () =>
      each(async (entity) => {
        if (!side.capabilities.lock) return;
        const created = await create(entity);
        await fixture.editThere(entity, created.id);
        const update = side.update(
          entity,
          created,
          { ...created.fields, ...fixture.edit(entity) },
          { key: key(), externalId: externalId() },
        );
        await expect(update).rejects.toBeInstanceOf(StaleVersionError);
      }));

    it('runs a write once, however often its key is used', () =>
      each(async (entity) => {
        if (!side.capabilities.idempotency) return;
        const options = { key: key(), externalId: externalId() };
        const sample = await fixture.sample(entity, ++next);
        const first = await side.create(entity, sample, options);
        const again = await side.create(entity, sample, options);
        expect(again.id).toBe(first.id);
        const change = {
          key: key(),
          externalId: options.externalId,
        };
        const desired = { ...first.fields, ...fixture.edit(entity) };
        const updated = await side.update(entity, first, desired, change);
        const repeated = await side.update(entity, first, desired, change);
        expect(repeated.version).toBe(updated.version);
      }));

    it('finds a create again whose answer was lost', () =>
      each(async (entity) => {
        const id = externalId();
        const sample = await fixture.sample(entity, ++next);
        expect(await side.find(entity, sample, id)).toEqual({ kind: 'none' });
        await fixture.loseNextAnswer(entity);
        const lost = side.create(entity, sample, { key: key(), externalId: id });
        await expect(lost).rejects.toMatchObject({ code: 'uncertain_write' });
        const match = await side.find(entity, sample, id);
        const lookup = side.capabilities.entities[entity]?.lookup;
        expect(match.kind).toBe(lookup === 'external_id' ? 'same' : 'candidate');
      }));

    it('never takes a record with the mark of another for its own', () =>
      each(async (entity) => {
        if (side.capabilities.entities[entity]?.lookup !== 'external_id') return;
        const sample = await fixture.sample(entity, ++next);
        await side.create(entity, sample, { key: key(), externalId: externalId() });
        expect(await side.find(entity, sample, externalId())).toEqual({ kind: 'none' });
      }));

    it('removes in every way that it declares', () =>
      each(async (entity) => {
        for (const mode of side.capabilities.entities[entity]?.remove ?? []) {
          const created = await create(entity);
          const removed = await side.remove(entity, created, mode, { key: key() });
          const after = await side.read(entity, created.id);
          if (mode === 'delete') {
            expect(removed.state).toBe('deleted');
            expect(after === null || after.state === 'deleted').toBe(true);
            const again = side.remove(entity, created, mode, { key: key() });
            await expect(again).rejects.toBeInstanceOf(NotFoundError);
          } else if (mode === 'void') {
            expect(removed.state).toBe('voided');
            expect(after?.state).toBe('voided');
            expect(removed.externalId).toBe(created.externalId);
          } else {
            expect(removed.state).toBe('live');
            expect(after?.fields).toEqual({ ...created.fields, active: false });
          }
        }
      }));

    it('reads many at once, and leaves out what is gone', () =>
      each(async (entity) => {
        const [a, b] = [await create(entity), await create(entity)];
        const found = await side.readMany(entity, [a.id, b.id, '99999999', a.id]);
        expect([...found.keys()].sort()).toEqual([a.id, b.id].sort());
        expect(said(found.get(a.id) ?? null)).toEqual(said(a));
        expect(await side.readMany(entity, [])).toEqual(new Map());
      }));

    it('lists everything once, page by page', () =>
      each(async (entity) => {
        const made = [await create(entity), await create(entity), await create(entity)];
        const ids: string[] = [];
        let cursor: string | null = null;
        for (let page = 0; page < 200; page++) {
          const answer = await side.list(entity, { cursor, limit: 2 });
          expect(answer.asOf).toMatch(/Z$/);
          ids.push(...answer.records.map((record) => record.id));
          cursor = answer.next;
          if (cursor === null) break;
        }
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).toEqual(expect.arrayContaining(made.map((record) => record.id)));
      }));

    it('tells what changed since, deletions included', async () => {
      const before = new Date(Date.parse((await create(writable()[0] ?? '')).asOf ?? '')).toISOString();
      const expected: { entity: string; id: string; operation?: string }[] = [];
      await each(async (entity) => {
        if (!side.capabilities.entities[entity]?.changeFeed) return;
        const created = await create(entity);
        expected.push({ entity, id: created.id });
        if (!side.capabilities.entities[entity]?.remove.includes('delete')) return;
        const gone = await create(entity);
        await side.remove(entity, gone, 'delete', { key: key() });
        expected.push({ entity, id: gone.id, operation: 'deleted' });
      });
      const { changes, asOf } = await side.changes(Object.keys(side.capabilities.entities), before);
      expect(asOf >= before).toBe(true);
      expect(new Set(changes.map((change) => change.dedupeKey)).size).toBe(changes.length);
      for (const change of expected) expect(changes).toContainEqual(expect.objectContaining(change));
    });
  });
}
