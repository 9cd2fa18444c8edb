import { canonicalJson } from '../../shared/schema/canonicalJson';
import { createSeal, detailHash, rowHash } from '../../shared/store';
import type { AppRecord } from '../../shared/ports';
import type { Fixture } from './store';
import { aBinding, aConnection, anEvent, claimOne, claimSome, settled, T0 } from './storeSupport';

/** The stores of the contract have no key. */
const seal = createSeal();

const aRecord = (
  id: string,
  fields: AppRecord['fields'] = {},
): Omit<AppRecord, 'version' | 'updatedAt' | 'writtenKey'> => ({
  connectionId: 'c1',
  entity: 'customer',
  id,
  state: 'live',
  schemaVersion: 1,
  fields,
});

/** Connections, policies, audit, checkpoints, the app's records and usage. */
export function recordContract({ store, another }: Fixture): void {
  describe('connections', () => {
    it('keeps what it is given and changes what it is told', async () => {
      const { connections } = store();
      const first = aConnection('c1', { settings: { entities: ['invoice'], dailyReadBudget: 10 } });
      await connections.create(first);
      await connections.create(aConnection('c2', { createdAt: T0 + 1 }));
      expect(await connections.get('c1')).toEqual(first);
      expect(await connections.get('c9')).toBeNull();
      await connections.update(
        'c1',
        { state: 'paused', pausedReason: 'reconnect', resumeAt: T0 + 5 },
        { now: T0 },
      );
      expect(await connections.get('c1')).toEqual({
        ...first,
        state: 'paused',
        pausedReason: 'reconnect',
        resumeAt: T0 + 5,
      });
      await connections.update('c1', { pausedReason: null, resumeAt: null, state: 'active' }, { now: T0 });
      expect(await connections.get('c1')).toEqual(first);
      expect((await connections.list()).map(({ id }) => id)).toEqual(['c1', 'c2']);
    });

    it('has one connection for a company, however many ask at once', async () => {
      const handles = [store(), await another(), await another()];
      const answers = await Promise.all(
        Array.from({ length: 30 }, async (_, index) =>
          handles[index % handles.length]!.connections.create(aConnection(`c${index}`, { tenantId: 't1' })),
        ),
      );
      const [first, ...others] = await store().connections.list();
      expect(others).toEqual([]);
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(answers.map(({ connection }) => connection)).toEqual(answers.map(() => first));
      expect(await store().audit.verify(first!.id, { now: T0 })).toMatchObject({ brokenAt: null });
    });

    it('leaves the connection that a company has as it is, whoever asks for another', async () => {
      const { connections } = store();
      const first = aConnection('c1');
      await connections.create(first);
      const again = { tenantId: 'tenant-c1', name: 'Mine', binding: aBinding({ credentialId: 'other' }) };
      expect(await connections.create(aConnection('c2', again))).toEqual({
        connection: first,
        created: false,
      });
      expect(await connections.list()).toEqual([first]);
      const elsewhere = { tenantId: 'tenant-c1', binding: aBinding({ baseUrl: 'https://other.example' }) };
      expect(await connections.create(aConnection('c3', elsewhere))).toMatchObject({ created: true });
      expect(
        await connections.create(aConnection('c4', { tenantId: 'tenant-c1', provider: 'xero' })),
      ).toMatchObject({ created: true });
    });

    it('gives a connection to the credential and the address it is bound to, and to no other', async () => {
      const { connections } = store();
      const first = aConnection('c1');
      await connections.create(first);
      const company = { provider: 'quickbooks', tenantId: 'tenant-c1' };
      const to = async (patch: object, other: object = {}) =>
        connections.bound({ ...company, ...other, binding: aBinding(patch) });
      expect(await to({})).toEqual(first);
      expect(await to({ environment: 'custom' })).toEqual(first);
      expect(await to({ credentialId: 'other' })).toBeNull();
      expect(await to({ baseUrl: 'https://other.example' })).toBeNull();
      expect(await to({}, { tenantId: 'tenant-c2' })).toBeNull();
      expect(await to({}, { provider: 'xero' })).toBeNull();
    });

    it('lets a company be heard by its own credential and by those of the same app at the same address', async () => {
      const { connections } = store();
      await connections.create(aConnection('c1', { binding: aBinding({ credentialId: 'one' }) }));
      await connections.create(aConnection('c2', { binding: aBinding({ credentialId: 'two' }) }));
      await connections.create(
        aConnection('c3', { binding: aBinding({ credentialId: 'three', app: 'app-2' }) }),
      );
      const heard = async (patch: object, tenants = ['tenant-c1', 'tenant-c2', 'tenant-c3', 'tenant-c4']) =>
        (await connections.heardBy({ provider: 'quickbooks', binding: aBinding(patch) }, tenants)).map(
          ({ id }) => id,
        );
      expect(await heard({ credentialId: 'one' })).toEqual(['c1', 'c2']);
      expect(await heard({ credentialId: 'one' }, ['tenant-c2', 'tenant-c3'])).toEqual(['c2']);
      expect(await heard({ credentialId: 'three', app: 'app-3' })).toEqual(['c3']);
      expect(await heard({ credentialId: 'four', app: 'app-3' })).toEqual([]);
      expect(await heard({ credentialId: 'one', baseUrl: 'https://other.example' })).toEqual([]);
      const xero = { provider: 'xero', binding: aBinding() };
      expect(await connections.heardBy(xero, ['tenant-c1'])).toEqual([]);
    });

    it('hands a connection over to another credential of the same address, and says so in the audit', async () => {
      const { connections, audit } = store();
      const first = aConnection('c1');
      await connections.create(first);
      const before = await audit.list('c1', { limit: 100 });
      const binding = aBinding({ credentialId: 'other', app: 'app-2', environment: 'custom' });
      const options = { by: 'user ann' as const, now: T0 + 1 };
      expect(await connections.rebind('c1', binding, options)).toEqual({ ...first, binding });
      expect(await connections.get('c1')).toEqual({ ...first, binding });
      expect(await connections.bound({ ...first, binding: aBinding() })).toBeNull();
      const moved = aBinding({ baseUrl: 'https://other.example' });
      await expect(connections.rebind('c1', moved, options)).rejects.toMatchObject({ code: 'validation' });
      await expect(connections.rebind('c9', binding, options)).rejects.toMatchObject({ code: 'not_found' });
      const rows = (await audit.list('c1', { limit: 100 })).slice(before.length);
      expect(rows).toMatchObject([
        {
          kind: 'connection_rebound',
          at: T0 + 1,
          by: 'user ann',
          detail: { before: aBinding(), after: binding },
        },
      ]);
      expect(await audit.verify('c1', { now: T0 + 1 })).toMatchObject({ brokenAt: null });
    });

    it('keeps the trouble of a connection until it is over', async () => {
      const { connections } = store();
      const first = aConnection('c1');
      await connections.create(first);
      const trouble = { linkId: null, of: 'write' as const, times: 3, message: 'no answer' };
      await connections.update('c1', { trouble, resumeAt: T0 + 5 }, { now: T0 });
      await connections.update('c1', { resumeAt: null }, { now: T0 });
      expect(await connections.get('c1')).toEqual({ ...first, trouble });
      await connections.update('c1', { trouble: null }, { now: T0 });
      expect(await connections.get('c1')).toEqual(first);
    });

    it('refuses a second one of the same id and a change of one that is not there', async () => {
      const { connections } = store();
      await connections.create(aConnection());
      const sameId = aConnection('c1', { tenantId: 'another' });
      await expect(connections.create(sameId)).rejects.toMatchObject({ code: 'store' });
      await expect(connections.update('c9', { name: 'x' }, { now: T0 })).rejects.toMatchObject({
        code: 'not_found',
      });
    });
  });

  describe('policies', () => {
    it('has the newest rule of each field in force and keeps the history', async () => {
      const { policies } = store();
      for (const id of ['c1', 'c2']) await store().connections.create(aConnection(id));
      expect(await policies.load('c1')).toEqual({ version: 0, rules: [] });
      const general = { connectionId: '*', entity: '*', field: '*', winner: 'ledger' as const };
      const own = { connectionId: 'c1', entity: 'invoice', field: 'dueDate', winner: 'app' as const };
      expect(await policies.set(general, 'user ann', T0)).toBe(1);
      expect(await policies.set(own, 'user bob', T0 + 1)).toBe(2);
      expect(await policies.set({ ...own, connectionId: 'c2' }, 'user bob', T0 + 2)).toBe(3);
      expect((await policies.load('c1')).version).toBe(2);
      expect((await policies.load('c1')).rules).toEqual(expect.arrayContaining([general, own]));
      expect(await policies.set({ ...own, winner: 'raise' }, 'user cid', T0 + 3)).toBe(4);
      expect((await policies.load('c1')).rules).toContainEqual({ ...own, winner: 'raise' });
      expect(await policies.set({ ...own, winner: null }, 'user cid', T0 + 4)).toBe(5);
      expect(await policies.load('c1')).toEqual({ version: 5, rules: [general] });
      const history = await policies.history('c1', 2);
      expect(history.map(({ version, by, winner }) => [version, by, winner])).toEqual([
        [5, 'user cid', null],
        [4, 'user cid', 'raise'],
      ]);
    });

    it('keeps rules for the documents of one party apart from those for everybody', async () => {
      const { connections, policies } = store();
      await connections.create(aConnection());
      const general = { connectionId: 'c1', entity: 'invoice', field: '*', winner: 'app' as const };
      const own = { ...general, counterparty: 'l1', winner: 'raise' as const, locked: true };
      const why = { reason: 'They call when a date is wrong', decidedBy: 'Ann' };
      await policies.set(general, 'user ann', T0);
      await policies.set({ ...own, ...why }, 'user ann', T0 + 1);
      const { rules } = await policies.load('c1');
      expect(rules).toHaveLength(2);
      expect(rules).toEqual(expect.arrayContaining([general, own]));
      expect(await policies.inForce('c1')).toEqual([
        { ...general, version: 1, by: 'user ann', at: T0 },
        { ...own, ...why, version: 2, by: 'user ann', at: T0 + 1 },
      ]);
      await policies.set({ ...own, winner: null }, 'user bob', T0 + 2);
      expect((await policies.load('c1')).rules).toEqual([general]);
      expect((await policies.history('c1', 1))[0]).toEqual({
        ...{ connectionId: 'c1', entity: 'invoice', field: '*', counterparty: 'l1', winner: null },
        ...{ version: 3, by: 'user bob', at: T0 + 2 },
      });
    });

    it('lists the rules in force of a connection with the general ones, and those of all', async () => {
      const { connections, policies } = store();
      for (const id of ['c1', 'c2']) await connections.create(aConnection(id));
      const rule = { entity: '*', field: '*', winner: 'app' as const };
      for (const connectionId of ['c2', '*', 'c1']) {
        await policies.set({ ...rule, connectionId }, 'user ann', T0);
      }
      const of = async (id?: string) => (await policies.inForce(id)).map(({ connectionId }) => connectionId);
      expect(await of('c1')).toEqual(['*', 'c1']);
      expect(await of()).toEqual(['c2', '*', 'c1']);
      const past = async (id: string) => (await policies.history(id, 9)).map(({ version }) => version);
      expect([await past('c1'), await past('*')]).toEqual([[3, 2], [2]]);
    });

    it('takes changes back by changes of their own', async () => {
      const { connections, policies, audit } = store();
      await connections.create(aConnection());
      const scope = { connectionId: 'c1', entity: 'invoice', field: 'dueDate' };
      const at = (now: number) => ({ by: 'user bob' as const, now });
      await policies.set({ ...scope, winner: 'app', locked: true }, 'user ann', T0);
      await policies.set({ ...scope, winner: 'ledger' }, 'user ann', T0 + 1);
      await policies.set({ ...scope, field: 'number', winner: 'ledger' }, 'user ann', T0 + 2);
      const undone = await policies.undo(scope, { ...at(T0 + 3), reason: 'Too early', decidedBy: 'Bob' });
      expect(undone).toEqual({
        ...{ ...scope, winner: 'app', locked: true, reason: 'Too early', decidedBy: 'Bob' },
        ...{ version: 4, undoes: 2, by: 'user bob', at: T0 + 3 },
      });
      expect((await policies.load('c1')).rules).toContainEqual({ ...scope, winner: 'app', locked: true });
      // An undo is a change too, and the first change leaves nothing when it is undone.
      expect(await policies.undo(scope, at(T0 + 4))).toMatchObject({ winner: 'ledger', undoes: 4 });
      expect(await policies.undo({ version: 1 }, at(T0 + 5))).toMatchObject({ winner: null, undoes: 1 });
      expect((await policies.load('c1')).rules).toEqual([{ ...scope, field: 'number', winner: 'ledger' }]);
      const told = await audit.list('c1', { limit: 10, beforeSeq: Number.MAX_SAFE_INTEGER });
      expect(told.slice(0, 3).map(({ kind, detail }) => [kind, detail])).toEqual([
        [
          'policy_undone',
          { entity: 'invoice', field: 'dueDate', before: 'ledger', after: null, undoes: 1, version: 6 },
        ],
        [
          'policy_undone',
          {
            ...{ entity: 'invoice', field: 'dueDate', before: 'app', after: 'ledger', undoes: 4, version: 5 },
            locked: { before: true, after: false },
          },
        ],
        [
          'policy_undone',
          {
            ...{ entity: 'invoice', field: 'dueDate', before: 'ledger', after: 'app', undoes: 2, version: 4 },
            ...{ locked: { before: false, after: true }, note: 'Too early', decidedBy: 'Bob' },
          },
        ],
      ]);
      for (const what of [{ version: 99 }, { ...scope, entity: 'payment' }]) {
        await expect(policies.undo(what, at(T0))).rejects.toMatchObject({ code: 'not_found' });
      }
    });

    it('numbers concurrent changes one after another', async () => {
      const { connections, policies } = store();
      await connections.create(aConnection());
      const versions = await Promise.all(
        Array.from({ length: 10 }, async (_, index) =>
          policies.set(
            { connectionId: 'c1', entity: 'e', field: `f${index}`, winner: 'app' },
            'user ann',
            T0,
          ),
        ),
      );
      expect(versions.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
  });

  describe('audit', () => {
    it('chains the entries of each connection', async () => {
      const { connections, queue, audit } = store();
      await connections.create(aConnection('c1'));
      await connections.create(aConnection('c2'));
      await queue.append(
        Array.from({ length: 30 }, (_, index) =>
          anEvent(`r${index}`, { connectionId: index % 3 ? 'c1' : 'c2' }),
        ),
        { now: T0 },
      );
      const claims = await claimSome(store(), { connectionIds: ['c1', 'c2'] });
      await Promise.all(
        claims.map(async (claim, index) =>
          queue.settle(
            claim,
            settled({
              audit: [
                { kind: 'read', linkId: claim.link.id, detail: { b: [1, { y: null, x: 'ü"\n' }], a: index } },
                { kind: 'note', linkId: null, detail: {} },
              ],
            }),
          ),
        ),
      );
      expect(await audit.verify('c1', { now: T0 })).toMatchObject({ rows: 41, brokenAt: null });
      expect(await audit.verify('c2', { now: T0 })).toMatchObject({ rows: 21, brokenAt: null });
      const rows = await audit.list('c1', { limit: 100 });
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
      rows.forEach((row, index) => {
        expect(row.prevHash).toBe(rows[index - 1]?.hash ?? '');
        expect(row.detailHash).toBe(detailHash(seal, canonicalJson(row.detail)));
        expect(row.hash).toBe(rowHash(seal, row));
      });
      expect((await audit.list('c1', { afterSeq: 39, limit: 100 })).map(({ seq }) => seq)).toEqual([40, 41]);
      expect((await audit.list('c1', { beforeSeq: 4, limit: 2 })).map(({ seq }) => seq)).toEqual([3, 2]);
      const linkId = rows[1]!.linkId!;
      expect((await audit.list('c1', { linkId, limit: 100 })).map((row) => row.linkId)).toEqual([linkId]);
    });
  });

  describe('audit of what people do', () => {
    const ann = 'user ann' as const;
    const told = async (connectionId = 'c1') =>
      (await store().audit.list(connectionId, { limit: 100 })).map(({ kind, by, at, detail }) => [
        kind,
        by,
        at - T0,
        detail,
      ]);

    it('tells of the life of a connection, in its own chain and in that of the store', async () => {
      const { connections } = store();
      await connections.create(aConnection('c1', { settings: { entities: ['invoice'] } }), ann);
      await connections.update('c1', { name: 'Acme', settings: {} }, { now: T0 + 1, by: ann });
      await connections.update('c1', { state: 'paused', pausedReason: 'reconnect' }, { now: T0 + 2 });
      await connections.update('c1', { resumeAt: T0 + 99 }, { now: T0 + 3 });
      await connections.update('c1', { state: 'paused' }, { now: T0 + 4 });
      await connections.update('c1', { state: 'active', pausedReason: null }, { now: T0 + 5, by: ann });
      const created = {
        id: 'c1',
        name: 'Connection c1',
        provider: 'quickbooks',
        tenantId: 'tenant-c1',
        settings: { entities: ['invoice'] },
        binding: aConnection('c1').binding,
      };
      expect(await told()).toEqual([
        ['connection_created', ann, 0, created],
        [
          'connection_changed',
          ann,
          1,
          {
            before: { name: 'Connection c1', settings: { entities: ['invoice'] } },
            after: { name: 'Acme', settings: {} },
          },
        ],
        [
          'connection_paused',
          'sync',
          2,
          {
            before: { state: 'active', pausedReason: null },
            after: { state: 'paused', pausedReason: 'reconnect' },
          },
        ],
        [
          'connection_resumed',
          ann,
          5,
          {
            before: { state: 'paused', pausedReason: 'reconnect' },
            after: { state: 'active', pausedReason: null },
          },
        ],
      ]);
      expect(await told('*')).toEqual([['connection_created', ann, 0, created]]);
    });

    it('tells of policies, of all connections in the chain of the store', async () => {
      const { connections, policies, audit } = store();
      await connections.create(aConnection());
      const rule = { connectionId: 'c1', entity: 'invoice', field: 'dueDate' };
      await policies.set({ ...rule, winner: 'app' }, ann, T0 + 1);
      await policies.set({ ...rule, winner: null }, ann, T0 + 2);
      await policies.set({ ...rule, connectionId: '*', winner: 'raise' }, ann, T0 + 3);
      const field = { entity: 'invoice', field: 'dueDate' };
      expect((await told()).slice(1)).toEqual([
        ['policy_set', ann, 1, { ...field, before: null, after: 'app', version: 1 }],
        ['policy_removed', ann, 2, { ...field, before: 'app', after: null, version: 2 }],
      ]);
      expect((await told('*')).slice(1)).toEqual([
        ['policy_set', ann, 3, { ...field, before: null, after: 'raise', version: 3 }],
      ]);
      for (const chain of ['c1', '*'])
        expect(await audit.verify(chain, { now: T0 })).toMatchObject({ brokenAt: null });
    });

    it('tells of what was tried again, and of nothing where nothing was', async () => {
      const { connections, queue } = store();
      for (const id of ['c1', 'c2']) await connections.create(aConnection(id));
      await queue.append([anEvent('1'), anEvent('2')], { now: T0 });
      const claims = await claimSome(store());
      const error = { code: 'x', message: 'x' };
      for (const claim of claims) await queue.settle(claim, settled({ outcome: { kind: 'dead', error } }));
      await queue.replay({ connectionId: 'c1' }, T0 + 5, ann);
      await queue.replay({ connectionId: 'c1' }, T0 + 6, ann);
      const entries = claims
        .sort((a, b) => (a.link.id < b.link.id ? -1 : 1))
        .map(({ events }) => ({ entity: 'invoice', count: 1, events: events.map(({ id }) => id) }));
      expect((await told()).slice(1)).toEqual(entries.map((entry) => ['events_replayed', ann, 5, entry]));
      expect((await told('c2')).slice(1)).toEqual([]);
    });

    it('refuses a policy of a connection that is not there', async () => {
      const rule = { connectionId: 'c9', entity: 'invoice', field: 'dueDate', winner: 'app' as const };
      await expect(store().policies.set(rule, ann, T0)).rejects.toMatchObject({ code: 'not_found' });
      expect(await store().policies.history('c9', 9)).toEqual([]);
    });
  });

  describe('checkpoints', () => {
    it('keeps values of any shape', async () => {
      const { connections, checkpoints } = store();
      await connections.create(aConnection());
      expect(await checkpoints.get('c1', 'cdc')).toBeNull();
      await checkpoints.set('c1', 'cdc', { page: 3, at: null }, T0);
      await checkpoints.set('c1', 'other', 'text', T0);
      await checkpoints.set('c1', 'cdc', { page: 4 }, T0 + 1);
      expect(await checkpoints.get('c1', 'cdc')).toEqual({ page: 4 });
      expect(await checkpoints.get('c1', 'other')).toBe('text');
    });

    it('lets one of many take what all of them have seen', async () => {
      const { connections, checkpoints } = store();
      await connections.create(aConnection());
      const take = async (from: unknown, to: string) =>
        await Promise.all(
          Array.from({ length: 5 }, (_, index) =>
            checkpoints.swap('c1', 'feed', from, { by: `${to} ${index}`, at: null }, T0),
          ),
        );
      expect((await take(null, 'first')).filter(Boolean)).toHaveLength(1);
      const seen = await checkpoints.get('c1', 'feed');
      expect((await take(seen, 'second')).filter(Boolean)).toHaveLength(1);
      expect(await checkpoints.get('c1', 'feed')).toMatchObject({ by: expect.stringMatching(/^second/) });
      expect(await checkpoints.swap('c1', 'feed', seen, { by: 'late' }, T0)).toBe(false);
      expect(await checkpoints.swap('c1', 'other', seen, { by: 'nobody' }, T0)).toBe(false);
    });
  });

  describe('app records', () => {
    beforeEach(async () => await store().connections.create(aConnection()));

    it('writes only on top of the version that was seen', async () => {
      const { appRecords } = store();
      const first = await appRecords.write(aRecord('r1', { name: 'Ann' }), {
        expectedVersion: null,
        now: T0,
      });
      expect(first).toEqual({ ...aRecord('r1', { name: 'Ann' }), version: 1, updatedAt: T0 });
      const stale = { code: 'stale_version' };
      await expect(appRecords.write(aRecord('r1'), { expectedVersion: null, now: T0 })).rejects.toMatchObject(
        stale,
      );
      const second = await appRecords.write(aRecord('r1', { name: 'Bob' }), {
        expectedVersion: 1,
        now: T0 + 1,
      });
      expect(second.version).toBe(2);
      await expect(appRecords.write(aRecord('r1'), { expectedVersion: 1, now: T0 })).rejects.toMatchObject(
        stale,
      );
      await expect(appRecords.write(aRecord('r2'), { expectedVersion: 1, now: T0 })).rejects.toMatchObject(
        stale,
      );
      expect(await appRecords.get('c1', 'customer', 'r1')).toEqual(second);
      expect(await appRecords.get('c1', 'customer', 'r2')).toBeNull();
    });

    it('keeps who made a version, until somebody makes another', async () => {
      const { appRecords } = store();
      const told = { ...aRecord('r1'), updatedBy: 'jane@example.com' };
      const first = await appRecords.write(told, { expectedVersion: null, now: T0 });
      expect(first.updatedBy).toBe('jane@example.com');
      expect(await appRecords.get('c1', 'customer', 'r1')).toEqual(first);
      await appRecords.write(aRecord('r1'), { expectedVersion: 1, now: T0 });
      expect(await appRecords.get('c1', 'customer', 'r1')).not.toHaveProperty('updatedBy');
    });

    it('keeps the key of the last write of the sync through the edits of the app', async () => {
      const { appRecords } = store();
      await appRecords.write(aRecord('r1'), { expectedVersion: null, key: 'k1', now: T0 });
      await appRecords.write(aRecord('r1', { name: 'Ann' }), { expectedVersion: 1, now: T0 });
      expect(await appRecords.get('c1', 'customer', 'r1')).toMatchObject({ version: 2, writtenKey: 'k1' });
      await appRecords.write(aRecord('r1'), { expectedVersion: 2, key: 'k2', now: T0 });
      expect((await appRecords.get('c1', 'customer', 'r1'))?.writtenKey).toBe('k2');
    });

    it('lets one of many concurrent writers win', async () => {
      const { appRecords } = store();
      await appRecords.write(aRecord('r1'), { expectedVersion: null, now: T0 });
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, async (_, index) =>
          appRecords.write(aRecord('r1', { name: `n${index}` }), { expectedVersion: 1, now: T0 }),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('queues the event of an edit with it, and of a refused edit not', async () => {
      const { appRecords, queue } = store();
      const event = anEvent('r1', { entity: 'customer', side: 'app', source: 'app' });
      await appRecords.write(aRecord('r1'), { expectedVersion: null, now: T0, event });
      await appRecords
        .write(aRecord('r1'), { expectedVersion: 7, now: T0, event })
        .catch((error: unknown) => error);
      expect((await queue.counts('c1')).pending).toBe(1);
      expect((await claimOne(store())).events[0]).toMatchObject({
        side: 'app',
        recordId: 'r1',
        source: 'app',
      });
    });

    it('lists by id, state and natural key', async () => {
      const { appRecords } = store();
      const long = 'x'.repeat(300);
      await appRecords.write(aRecord('b', { name: 'Ann', email: long }), { expectedVersion: null, now: T0 });
      await appRecords.write(
        { ...aRecord('a', { name: 'Ann' }), state: 'deleted' },
        { expectedVersion: null, now: T0 },
      );
      await appRecords.write(aRecord('C', { name: 'Bob', email: 'odd \u0000"' }), {
        expectedVersion: null,
        now: T0,
      });
      const ids = async (filter: Omit<Parameters<typeof appRecords.list>[2], 'limit'>, limit = 10) =>
        (await appRecords.list('c1', 'customer', { ...filter, limit })).map(({ id }) => id);
      expect(await ids({})).toEqual(['C', 'a', 'b']);
      expect(await ids({}, 2)).toEqual(['C', 'a']);
      expect(await ids({ afterId: 'a' })).toEqual(['b']);
      expect(await ids({ states: ['live'] })).toEqual(['C', 'b']);
      expect(await ids({ naturalKey: { name: 'Ann' } })).toEqual(['a', 'b']);
      expect(await ids({ naturalKey: { name: 'Ann', email: long } })).toEqual(['b']);
      expect(await ids({ naturalKey: { email: 'odd \u0000"' } })).toEqual(['C']);
      expect(await ids({ naturalKey: { name: 'Nobody' } })).toEqual([]);
      await appRecords.write(aRecord('b', { name: 'Eve' }), { expectedVersion: 1, now: T0 });
      expect(await ids({ naturalKey: { name: 'Ann' } })).toEqual(['a']);
      expect([...(await appRecords.getMany('c1', 'customer', ['a', 'C', 'z'])).keys()].sort()).toEqual([
        'C',
        'a',
      ]);
    });
  });

  describe('usage', () => {
    it('adds up', async () => {
      const { usage } = store();
      expect(await usage.get('c1', '2026-01-01')).toEqual({});
      await Promise.all(
        Array.from({ length: 20 }, async () => usage.add('c1', '2026-01-01', { read: 2, auth: 1 })),
      );
      await usage.add('c1', '2026-01-02', { read: 1 });
      expect(await usage.get('c1', '2026-01-01')).toEqual({ read: 40, auth: 20 });
    });
  });

  describe('closing', () => {
    it('finishes what is under way and refuses what comes after', async () => {
      const { connections, close } = store();
      const created = connections.create(aConnection());
      await close();
      await created;
      await close();
      await expect(connections.create(aConnection('c2'))).rejects.toMatchObject({ code: 'store' });
    });
  });
}
