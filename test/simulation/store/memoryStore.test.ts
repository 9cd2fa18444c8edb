import { runStoreContract } from '../../contract/store';
import { aConnection, anEvent, claimOne, settled, T0 } from '../../contract/storeSupport';
import { testRandom } from '../../store/support/random';
import { MemoryDatabase, MemoryStore } from './memoryStore';

const random = testRandom();

for (const freeze of [true, false]) {
  runStoreContract({
    name: freeze ? 'in-memory (frozen)' : 'in-memory',
    make: async () => {
      const database = new MemoryDatabase({ random, freeze });
      return { open: async () => new MemoryStore(database), dispose: async () => {} };
    },
  });
}

describe('MemoryStore', () => {
  it('loads no database', async () => {
    await jest.isolateModulesAsync(async () => {
      for (const name of ['kysely', 'pg', 'node:sqlite']) {
        jest.doMock(name, () => {
          throw new Error(`${name} was loaded`);
        });
      }
      expect(await import('./memoryStore')).toHaveProperty('MemoryStore');
      await expect(import('../../../shared/store')).rejects.toThrow('was loaded');
    });
  });

  it('has done everything when the call returns, before anybody waits for it', async () => {
    const store = new MemoryStore({ random });
    const created = store.connections.create(aConnection());
    const appended = store.queue.append([anEvent('1')], { now: T0 });
    const counts = store.queue.counts('c1');
    await Promise.all([created, appended]);
    expect((await counts).pending).toBe(1);
  });

  it('outlives the handle that it was made through', async () => {
    const first = new MemoryStore({ random });
    const second = first.another();
    await first.connections.create(aConnection());
    await first.queue.append([anEvent('1')], { now: T0 });
    const claim = await claimOne(first);
    await first.close();
    await expect(first.queue.settle(claim, settled())).rejects.toMatchObject({ code: 'store' });
    await second.queue.settle(claim, settled());
    expect((await second.queue.counts('c1')).settled).toBe(1);
  });

  it('lets nobody change what it shares, when told to', async () => {
    const store = new MemoryStore({ random, freeze: true });
    await store.connections.create(aConnection());
    await store.queue.append([anEvent('1')], { now: T0 });
    const claim = await claimOne(store);
    expect(() => claim.link.lines.push({ key: 'k', app: null, ledger: null })).toThrow(TypeError);
    const detail = { total: '1' };
    await store.queue.settle(claim, settled({ audit: [{ kind: 'k', linkId: null, detail }] }));
    expect(() => (detail.total = '2')).toThrow(TypeError);
  });
});
