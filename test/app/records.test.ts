import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppRecords } from '../../shared/app/records';
import { createAppSide } from '../../shared/app/side';
import type { Store } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import { openStore } from '../../shared/store';
import { systemClock, systemRandom } from '../../shared/system';
import { aConnection } from '../support/connection';

let store: Store;
let folder: string;
let records: AppRecords;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'accounting-sync-'));
  store = await openStore({ kind: 'sqlite', path: join(folder, 'store.sqlite'), random: systemRandom });
  await store.connections.create(aConnection());
  records = new AppRecords({ store, connectionId: 'c1', clock: systemClock, random: systemRandom });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const pending = async () => (await store.queue.counts('c1')).pending;
const invoice = (lines: Fields[]): Fields => ({ customer: { entity: 'customer', id: 'c' }, lines });

describe('AppRecords', () => {
  it('stores an edit and its event together, and an edit that changes nothing not at all', async () => {
    const first = await records.upsert('customer', { id: 'a1', fields: { displayName: 'Acme' } });
    expect(first).toMatchObject({ created: true, changed: true, record: { version: expect.any(Number) } });
    expect(await pending()).toBe(1);
    const again = await records.upsert('customer', { id: 'a1', fields: { displayName: 'Acme' } });
    expect(again).toMatchObject({ created: false, changed: false });
    const edited = await records.upsert('customer', { id: 'a1', fields: { email: 'a@acme.example' } });
    expect(edited.record.fields).toEqual({ displayName: 'Acme', email: 'a@acme.example' });
    expect(edited.record.version).toBeGreaterThan(first.record.version);
  });

  it('changes the members of an address that are given', async () => {
    await records.upsert('customer', {
      id: 'a1',
      fields: { displayName: 'A', billingAddress: { line1: 'x', city: 'y' } },
    });
    const { record } = await records.upsert('customer', {
      id: 'a1',
      fields: { billingAddress: { city: 'z' } },
    });
    expect(record.fields['billingAddress']).toEqual({ line1: 'x', city: 'z' });
  });

  it('keeps the identity of lines posted without ids', async () => {
    const posted = [
      { description: 'Paper', amount: '10' },
      { description: 'Ink', amount: '5' },
    ];
    const first = await records.upsert('invoice', { id: 'i1', fields: invoice(posted) });
    const ids = (first.record.fields['lines'] as Fields[]).map((line) => line['id']);
    const second = await records.upsert('invoice', {
      id: 'i1',
      fields: invoice([{ description: 'Freight', amount: '1' }, ...posted.map((line) => ({ ...line }))]),
    });
    const after = (second.record.fields['lines'] as Fields[]).map((line) => line['id']);
    expect(after.slice(1)).toEqual(ids);
    expect(new Set(after).size).toBe(3);
  });

  it('completes amounts and refuses wrong ones', async () => {
    const { record } = await records.upsert('invoice', {
      id: 'i1',
      fields: invoice([{ id: 'l1', quantity: '3', unitPrice: '1.335', amount: '4.01' }]),
    });
    expect(record.fields['total']).toBe('4.01');
    const changed = await records.upsert('invoice', {
      id: 'i1',
      fields: { lines: [{ id: 'l1', quantity: '2', unitPrice: '1.335', amount: '4.01' }] },
    });
    expect(changed.record.fields['lines']).toMatchObject([{ amount: '2.67' }]);
    await expect(
      records.upsert('invoice', {
        id: 'i1',
        fields: { lines: [{ id: 'l1', quantity: '2', unitPrice: '2', amount: '5' }] },
      }),
    ).rejects.toMatchObject({
      code: 'validation',
      details: { entity: 'invoice', recordId: 'i1', field: 'lines.0.amount' },
    });
  });

  it.each([
    [{ displayName: 7 }, 'displayName'],
    [{ displayName: 'A', balance: '1' }, 'balance'],
    [{ displayName: 'A', nickname: 'x' }, 'nickname'],
    [{}, 'displayName'],
  ])('refuses %j, naming the field, and queues nothing', async (fields, field) => {
    await expect(records.upsert('customer', { id: 'a1', fields: fields as Fields })).rejects.toMatchObject({
      details: {
        entity: 'customer',
        recordId: 'a1',
        field,
        nextStep: expect.not.stringContaining('replay'),
      },
    });
    expect(await pending()).toBe(0);
  });

  it('refuses an edit of a version that is no longer current', async () => {
    const { record } = await records.upsert('customer', { id: 'a1', fields: { displayName: 'A' } });
    await records.upsert('customer', { id: 'a1', fields: { displayName: 'B' } });
    await expect(
      records.upsert('customer', { id: 'a1', fields: { displayName: 'C' }, expectedVersion: record.version }),
    ).rejects.toMatchObject({ code: 'stale_version' });
  });

  it('deletes visibly and once', async () => {
    await records.upsert('customer', { id: 'a1', fields: { displayName: 'A' } });
    expect(await records.remove('customer', 'a1')).toMatchObject({
      state: 'deleted',
      fields: { displayName: 'A' },
    });
    const version = (await records.remove('customer', 'a1')).version;
    expect((await records.get('customer', 'a1'))?.version).toBe(version);
    await expect(records.remove('customer', 'nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      records.upsert('customer', { id: 'a1', fields: { displayName: 'B' } }),
    ).rejects.toMatchObject({
      code: 'validation',
    });
  });
});

describe('the app side', () => {
  const side = () => createAppSide({ store, connectionId: 'c1', clock: systemClock, random: systemRandom });

  it('creates once, however often it is asked, and queues no event', async () => {
    const options = { key: 'k', externalId: 'link-1' };
    const first = await side().create('customer', { displayName: 'A' }, options);
    const second = await side().create('customer', { displayName: 'A' }, options);
    expect(second).toEqual(first);
    expect(await side().find('customer', { displayName: 'other' }, 'link-1')).toMatchObject({ kind: 'same' });
    expect(await pending()).toBe(0);
  });

  it('finds by natural key, and says when several could be meant', async () => {
    await records.upsert('customer', { id: 'a1', fields: { displayName: 'A' } });
    expect(await side().find('customer', { displayName: 'A' }, 'x')).toMatchObject({
      kind: 'candidate',
      record: { id: 'a1' },
    });
    await records.upsert('customer', { id: 'a2', fields: { displayName: 'A' } });
    expect(await side().find('customer', { displayName: 'A' }, 'x')).toMatchObject({ kind: 'ambiguous' });
    expect(await side().find('customer', { displayName: 'B' }, 'x')).toEqual({ kind: 'none' });
  });

  it('refuses to write over an edit it has not seen', async () => {
    await records.upsert('customer', { id: 'a1', fields: { displayName: 'A' } });
    const read = await side().read('customer', 'a1');
    await records.upsert('customer', { id: 'a1', fields: { displayName: 'B' } });
    await expect(
      side().update('customer', read as never, { displayName: 'C' }, { key: 'k', externalId: 'l' }),
    ).rejects.toMatchObject({
      code: 'stale_version',
    });
  });
});

describe('a write of the sync', () => {
  it('is known by its key, whatever the app has edited since, and is never written twice', async () => {
    const side = createAppSide({ store, connectionId: 'c1', clock: systemClock, random: systemRandom });
    const made = await side.create('customer', { displayName: 'Acme' }, { key: 'k1', externalId: 'l1' });
    await side.update('customer', made, { displayName: 'Acme', notes: 'From the ledger' }, { key: 'k2' });
    await records.upsert('customer', { id: 'l1', fields: { notes: null, phone: '7' } });
    const again = await side.update('customer', made, { notes: 'From the ledger' }, { key: 'k2' });
    expect(again.fields).toEqual({ displayName: 'Acme', notes: null, phone: '7' });
    // One that has not landed is refused for what was edited.
    const other = side.update('customer', made, { notes: 'Never arrived' }, { key: 'k3' });
    await expect(other).rejects.toMatchObject({ code: 'stale_version' });
  });
});
