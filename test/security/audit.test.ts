import { openStore, type OpenStore } from '../../shared/store';
import { createSeal, detailHash, headMac, rowHash } from '../../shared/store/auditHash';
import { aConnection, anEvent, claimOne, settled, T0 } from '../contract/storeSupport';
import { onSqlite, usePlaces, type Place } from '../store/support/places';
import { testRandom } from '../store/support/random';

const random = testRandom();
const KEY = 'the encryption key of this n8n';

describe.each(usePlaces())('the audit on %s', (_name, make) => {
  let place: Place;
  let store: OpenStore;
  let anchor: string;

  const open = async (auditKey: string | undefined = KEY) =>
    await openStore({ ...place.location, random, auditKey });
  const note = async (id: string, into = store) => {
    await into.queue.append([anEvent(id)], { now: T0 });
    const claim = await claimOne(into);
    await into.queue.settle(
      claim,
      settled({ audit: [{ kind: 'k', linkId: claim.link.id, detail: { id } }] }),
    );
  };
  const verify = async (connectionId = 'c1', compareWith?: string) =>
    await store.audit.verify(connectionId, {
      now: T0,
      ...(compareWith === undefined ? {} : { compareWith }),
    });
  const run = async (statement: string) => await place.owner.run(statement);

  /** A chain of five rows: its beginning and four settlements. */
  beforeEach(async () => {
    place = await make();
    store = await open();
    await store.connections.create(aConnection());
    for (const id of ['1', '2', '3', '4']) await note(id);
    anchor = (await verify()).anchor!;
  });

  afterEach(async () => {
    await place.owner.close();
    await store.close();
    await place.dispose();
  });

  it('holds when nobody has touched it, and says from where to where and with which key', async () => {
    expect(await verify('c1', anchor)).toMatchObject({
      rows: 5,
      from: { seq: 1, at: T0 },
      to: { seq: 5, at: T0 },
      archived: 0,
      erased: 0,
      keyId: createSeal(KEY).keyId,
      otherKeys: [],
      brokenAt: null,
      fault: null,
      comparison: 'contained',
    });
    expect(await verify('*')).toMatchObject({ rows: 1, brokenAt: null });
  });

  it.each([
    ["update audit set detail = '{}' where seq = 3"],
    ["delete from audit where connection_id = 'c1' and seq = 5"],
    ["delete from audit_heads where connection_id = 'c1'"],
    ["update audit_heads set seq = 0 where connection_id = 'c1'"],
    ["update audit_heads set seq = 3 where connection_id = 'c1'"],
  ])('cannot be changed as long as the database keeps its guards: %s', async (statement) => {
    await expect(run(statement)).rejects.toThrow(/audit/);
    expect(await verify()).toMatchObject({ rows: 5, brokenAt: null });
  });

  describe('when somebody removes the guards', () => {
    beforeEach(async () => await place.dropGuards());

    it.each([
      ['a detail is changed', [`update audit set detail = '{"id":"9"}' where seq = 3`], 3, 'content'],
      ['a time is changed', ['update audit set at = at + 1 where seq = 5'], 5, 'content'],
      ['another actor is named', ["update audit set actor = 'user 7' where seq = 4"], 4, 'content'],
      [
        'a detail is taken away as if it had been erased',
        ["update audit set detail = '{}', erased_at = 1, erasure_mac = hash where seq = 3"],
        3,
        'erasure',
      ],
      ['a row is deleted', ["delete from audit where connection_id = 'c1' and seq = 3"], 3, 'gap'],
      ['the first row is deleted', ["delete from audit where connection_id = 'c1' and seq = 1"], 1, 'gap'],
      [
        'the tail is deleted',
        ["delete from audit where connection_id = 'c1' and seq > 3"],
        4,
        'tail_missing',
      ],
      [
        'the tail is deleted and the head set back',
        [
          "delete from audit where connection_id = 'c1' and seq > 3",
          "update audit_heads set seq = 3, hash = (select hash from audit where seq = 3) where connection_id = 'c1'",
        ],
        3,
        'head',
      ],
      [
        'the whole chain is deleted and the head set to the beginning',
        [
          "delete from audit where connection_id = 'c1'",
          "update audit_heads set seq = 0, hash = '' where connection_id = 'c1'",
        ],
        1,
        'head',
      ],
      [
        'chain and head are deleted',
        [
          "delete from audit where connection_id = 'c1'",
          "delete from audit_heads where connection_id = 'c1'",
        ],
        1,
        'head_missing',
      ],
      [
        'the head and the last row are deleted',
        [
          "delete from audit where connection_id = 'c1' and seq = 5",
          "delete from audit_heads where connection_id = 'c1'",
        ],
        5,
        'head_missing',
      ],
    ])('shows that %s', async (_what, statements, brokenAt, fault) => {
      for (const statement of statements) await run(statement);
      expect(await verify()).toMatchObject({ brokenAt, fault, anchor: null });
    });

    it('shows that everything was hashed again without the key, whatever key is claimed', async () => {
      for (const keyId of [createSeal(KEY).keyId, createSeal('guessed').keyId, null]) {
        await rehash('c1', 'guessed', keyId);
        const { brokenAt, fault, otherKeys, comparison } = await verify('c1', anchor);
        if (keyId === createSeal(KEY).keyId) expect([brokenAt, fault]).toEqual([1, 'content']);
        else expect([otherKeys, comparison]).toEqual([[{ keyId, from: 1, to: 5 }], 'missing']);
      }
    });

    it('shows in the next row that the log was in other hands', async () => {
      await rehash('c1', 'guessed', createSeal('guessed').keyId);
      await note('5');
      expect(await store.audit.list('c1', { afterSeq: 5, limit: 9 })).toMatchObject([
        {
          kind: 'audit_key_changed',
          detail: { before: createSeal('guessed').keyId, after: createSeal(KEY).keyId },
        },
        { kind: 'k' },
      ]);
    });

    it('shows for ever that the end was set back, though rows are added after it', async () => {
      await run("delete from audit where connection_id = 'c1' and seq > 3");
      await run(
        "update audit_heads set seq = 3, hash = (select hash from audit where seq = 3) where connection_id = 'c1'",
      );
      await note('5');
      await note('6');
      expect(await verify('c1')).toMatchObject({ brokenAt: 4, fault: 'head_changed' });
    });

    it('needs an anchor to show that an older state with its own head was put back', async () => {
      await run("create table old_head as select * from audit_heads where connection_id = 'c1'");
      await note('5');
      const later = (await verify()).anchor!;
      await run("delete from audit where connection_id = 'c1' and seq > 5");
      await run("delete from audit_heads where connection_id = 'c1'");
      await run('insert into audit_heads select * from old_head');
      expect(await verify()).toMatchObject({ rows: 5, brokenAt: null });
      expect(await verify('c1', later)).toMatchObject({ comparison: 'missing' });
      await note('another 5');
      expect(await verify('c1', later)).toMatchObject({ rows: 6, brokenAt: null, comparison: 'missing' });
      expect(await verify('c1', anchor)).toMatchObject({ comparison: 'contained' });
    });

    it('shows that rows were moved to another connection, with their head or without', async () => {
      await store.connections.create(aConnection('c2', { tenantId: 'other' }));
      await run("delete from audit where connection_id = 'c2'");
      await run("update audit set connection_id = 'c2' where connection_id = 'c1'");
      expect(await verify('c2')).toMatchObject({ brokenAt: 1, fault: 'content' });
      await run("delete from audit_heads where connection_id = 'c2'");
      await run("update audit_heads set connection_id = 'c2' where connection_id = 'c1'");
      expect(await verify('c2')).toMatchObject({ brokenAt: 1, fault: 'content' });
      expect(await verify('c1')).toMatchObject({ brokenAt: 1, fault: 'head_missing' });
    });
  });

  describe('when old rows were archived', () => {
    const archive = async (limit: number) => await store.audit.archive('c1', { before: T0 + 1, limit });

    it('holds from there, says how many are behind, and tells that an anchor cannot be compared', async () => {
      expect(await archive(3)).toEqual({ rows: 3, isBroken: false });
      await note('5');
      const report = await verify('c1', anchor);
      expect(report).toMatchObject({
        rows: 3,
        archived: 3,
        from: { seq: 4 },
        to: { seq: 6 },
        brokenAt: null,
      });
      expect(report.comparison).toBe('contained');
      expect(await archive(100)).toEqual({ rows: 2, isBroken: false });
      expect(await archive(100)).toEqual({ rows: 0, isBroken: false });
      expect(await verify('c1', anchor)).toMatchObject({ rows: 1, archived: 5, comparison: 'contained' });
      await note('6');
      await archive(100);
      expect(await verify('c1', anchor)).toMatchObject({
        archived: 6,
        brokenAt: null,
        comparison: 'archived',
      });
    });

    it.each([
      ['it says another place', 'update audit_checkpoints set seq = 4', 4, 'checkpoint'],
      ['it is removed', 'delete from audit_checkpoints', 1, 'gap'],
    ])('shows that the checkpoint is not ours: %s', async (_what, statement, brokenAt, fault) => {
      await archive(3);
      await run(statement);
      expect(await verify()).toMatchObject({ brokenAt, fault });
      expect(await archive(1)).toEqual({ rows: 0, isBroken: true });
    });

    it('shows rows that were taken away as if they had been archived', async () => {
      await archive(2);
      await place.dropGuards();
      await run("delete from audit where connection_id = 'c1' and seq = 3");
      expect(await verify()).toMatchObject({ brokenAt: 3, fault: 'gap' });
    });

    it('archives nothing that does not hold, for that would hide it', async () => {
      await place.dropGuards();
      await run(`update audit set detail = '{"id":"9"}' where seq = 3`);
      expect(await archive(100)).toEqual({ rows: 2, isBroken: true });
      expect(await verify()).toMatchObject({ archived: 2, brokenAt: 3, fault: 'content' });
    });

    it('remembers that rows were made with another key when they were archived', async () => {
      await store.close();
      store = await open('the key after it was rotated');
      await note('5');
      await archive(100);
      await note('6');
      await archive(100);
      const otherKeys = [{ keyId: null, from: 1, to: 5 }];
      expect(await verify()).toMatchObject({ archived: 7, brokenAt: null, otherKeys });
    });

    it('leaves the guards closed behind it', async () => {
      await archive(3);
      expect(await run('select * from audit_maintenance')).toEqual([]);
      await expect(run('delete from audit')).rejects.toThrow(/audit/);
    });
  });

  it('tells a change of the key from tampering', async () => {
    await store.close();
    store = await open('the key after it was rotated');
    await note('5');
    expect(await verify()).toMatchObject({
      rows: 7,
      brokenAt: null,
      otherKeys: [{ keyId: createSeal(KEY).keyId, from: 1, to: 5 }],
    });
  });

  it('takes no anchor that was changed or belongs elsewhere', async () => {
    const [prefix, body = '', mac] = anchor.split('.');
    const forged = Buffer.from(
      Buffer.from(body, 'base64url').toString().replace('"seq":5', '"seq":4'),
    ).toString('base64url');
    for (const text of ['', 'nonsense', `${prefix}.${forged}.${mac}`, (await verify('*')).anchor!]) {
      await expect(verify('c1', text)).rejects.toMatchObject({ code: 'validation' });
    }
  });

  /** All rows of a chain and its head, made anew with another key. */
  async function rehash(connectionId: string, key: string, keyId: string | null): Promise<void> {
    const seal = createSeal(key);
    const quoted = keyId === null ? 'null' : `'${keyId}'`;
    let prevHash = '';
    for (const row of await run(`select * from audit where connection_id = '${connectionId}' order by seq`)) {
      const content = {
        connectionId,
        seq: Number(row['seq']),
        at: Number(row['at']),
        kind: String(row['kind']),
        linkId: row['link_id'] as string | null,
        by: 'sync' as const,
        prevHash,
        detailHash: detailHash(seal, String(row['detail'])),
      };
      const hash = rowHash(seal, content);
      await run(`update audit set prev_hash = '${prevHash}', hash = '${hash}', key_id = ${quoted},
        detail_hash = '${content.detailHash}' where connection_id = '${connectionId}' and seq = ${content.seq}`);
      const mac = headMac(seal, { connectionId, seq: content.seq, hash });
      await run(`update audit_heads set hash = '${hash}', mac = '${mac}', key_id = ${quoted}
        where connection_id = '${connectionId}'`);
      prevHash = hash;
    }
  }
});

it('says of a store without a key that it has none', async () => {
  const place = await onSqlite();
  const store = await openStore({ ...place.location, random });
  await store.connections.create(aConnection());
  expect(await store.audit.verify('c1', { now: T0 })).toMatchObject({ keyId: null, brokenAt: null, rows: 1 });
  await store.close();
  await place.dispose();
});
