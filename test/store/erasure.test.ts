import { openStore, type OpenStore } from '../../shared/store';
import { replayAudit } from '../../shared/store/auditReplay';
import { redactor } from '../../shared/store/erasure/scrub';
import type { AuditEntry, Base, Claim, Settlement } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import {
  aConnection,
  anEvent,
  anIntent,
  claimOne,
  paired,
  settled,
  T0,
  NO_RECORD,
} from '../contract/storeSupport';
import { usePlaces, type Place } from './support/places';
import { testRandom } from './support/random';

const random = testRandom();
const ann = 'user ann' as const;
const NAME = 'Erika Mustermann';
const EMAIL = 'erika@muster.example';
const FIELDS: Fields = {
  displayName: NAME,
  email: EMAIL,
  currency: 'EUR',
  balance: '12.5',
  billingAddress: { line1: 'Heidestr. 17', city: 'Berlin' },
};
const BASE: Base = { schemaVersion: 1, state: 'live', fields: FIELDS };
const PERSON = { connectionId: 'c1', entity: 'customer', recordId: '58' };
const WHO = { now: T0 + 9, by: ann };

describe.each(usePlaces())('erasure on %s', (_name, make) => {
  let place: Place;
  let store: OpenStore;
  let customer: Claim;

  /** Everything that the database holds, as one text. */
  const everything = async () => {
    const rows: unknown[] = [];
    for (const table of await tables()) rows.push(table, await place.owner.run(`select * from ${table}`));
    return JSON.stringify(rows);
  };
  const tables = async () =>
    (place.location.kind === 'sqlite'
      ? await place.owner.run(
          "select name from sqlite_master where type = 'table' and name not like 'sqlite%'",
        )
      : await place.owner.run('select tablename as name from pg_tables where schemaname = current_schema()')
    ).map(({ name }) => String(name));

  const settle = async (claim: Claim, patch: Partial<Settlement>, ...audit: Omit<AuditEntry, 'linkId'>[]) =>
    await store.queue.settle(
      claim,
      settled({ ...patch, audit: audit.map((entry) => ({ ...entry, linkId: claim.link.id })) }),
    );

  /** A customer with a history, and an invoice whose history names the customer. */
  beforeEach(async () => {
    place = await make();
    store = await openStore({ ...place.location, random, auditKey: 'k' });
    await store.connections.create(aConnection());
    await store.connections.create(aConnection('c2'));
    await store.appRecords.write(
      { connectionId: 'c1', entity: 'customer', id: 'a1', state: 'live', schemaVersion: 1, fields: FIELDS },
      { expectedVersion: null, now: T0 },
    );
    await store.appRecords.write(
      {
        ...{ connectionId: 'c1', entity: 'customer', id: 'a2', state: 'live', schemaVersion: 1 },
        fields: { displayName: 'Other' },
        updatedBy: EMAIL,
      },
      { expectedVersion: null, now: T0 },
    );
    await store.queue.append([anEvent('58', { entity: 'customer' })], { now: T0 });
    customer = await claimOne(store);
    const intent = anIntent(customer, 'k1', { desired: FIELDS, agreed: BASE });
    const decision = { path: 'email', from: 'app', by: 'edit', before: null, after: EMAIL };
    await store.queue.storeIntents(customer, [{ ...intent, decisions: [decision] }]);
    const link = { ...paired(customer.link, 'a1', '58'), base: BASE };
    const field = {
      path: 'email',
      label: 'E-mail',
      base: null,
      app: EMAIL,
      ledger: 'x',
      reason: 'no_base' as const,
    };
    await settle(
      customer,
      {
        link,
        intents: [{ key: 'k1', outcome: 'done' }],
        conflict: {
          kind: 'hold',
          title: NAME,
          fields: [field],
          record: NO_RECORD,
          appVersion: '1',
          ledgerVersion: '7',
          policyVersion: 0,
        },
        outcome: { kind: 'held' },
      },
      {
        kind: 'conflict',
        detail: { entity: 'customer', link, decisions: [decision], title: NAME, fields: [field] },
      },
    );
    await store.queue.append([anEvent('1001')], { now: T0 });
    const invoice = await claimOne(store);
    const error = { code: 'validation', message: `The customer "${NAME}" was refused`, entity: 'invoice' };
    await settle(
      invoice,
      { outcome: { kind: 'dead', error } },
      { kind: 'dead_letter', detail: { entity: 'invoice', error } },
    );
  });

  afterEach(async () => {
    await place.owner.close();
    await store.close();
    await place.dispose();
  });

  const finish = async () => {
    await store.queue.append([anEvent('58', { entity: 'customer' })], { now: T0 + 1 });
    const claim = await claimOne(store, { now: T0 + 1 });
    await settle(
      claim,
      { conflict: { kind: 'close', reason: 'agreed' } },
      { kind: 'in_step', detail: { entity: 'customer' } },
    );
  };

  describe('of a person', () => {
    it('says first what it would erase, and changes nothing by that', async () => {
      const before = await everything();
      expect(await store.erasure.person(PERSON, { ...WHO, dryRun: true, force: false })).toEqual({
        counts: {
          ...{ links: 1, records: 1, audit: 1, conflicts: 1, writes: 1, events: 0, mentions: 1 },
          policies: 0,
          edits: 1,
        },
        openWork: { events: 1, writes: 0, conflicts: 1, leased: false },
      });
      expect(await everything()).toBe(before);
    });

    it('takes links away that are about the person or were made for them', async () => {
      const { conflicts, decisionLinks, queue } = store;
      await queue.append([anEvent('1002')], { now: T0 });
      const other = await claimOne(store);
      const conflict: Settlement['conflict'] = {
        kind: 'hold',
        title: '1002',
        fields: [],
        record: NO_RECORD,
        appVersion: '1',
        ledgerVersion: '7',
        policyVersion: 0,
      };
      await settle(other, { conflict, outcome: { kind: 'held' } });
      const open = await conflicts.list({ connectionId: 'c1', limit: 9 });
      const idOf = (linkId: string) => open.find((one) => one.linkId === linkId)!.id;
      const make = async (token: string, linkId: string, person: string) =>
        await decisionLinks.create({ token, conflictId: idOf(linkId), person, expiresAt: T0 + 9 }, WHO);
      await make('about', customer.link.id, 'Jane');
      await make('for', other.link.id, NAME);
      await make('neither', other.link.id, 'Jane');
      await store.erasure.person(PERSON, { ...WHO, dryRun: false, force: true });
      const kinds = ['about', 'for', 'neither'].map(
        async (token) => (await decisionLinks.look(token, T0)).kind,
      );
      expect(await Promise.all(kinds)).toEqual(['unknown', 'unknown', 'open']);
      expect(await everything()).not.toContain(NAME);
    });

    it('takes the text away everywhere; ids, amounts, references and the chain stay', async () => {
      await finish();
      const { counts } = await store.erasure.person(PERSON, { ...WHO, dryRun: false, force: false });
      expect(counts).toMatchObject({ links: 1, records: 1, audit: 1, conflicts: 1, writes: 1, mentions: 1 });
      const left = await everything();
      for (const text of [NAME, NAME.toLowerCase(), EMAIL, 'Heidestr', 'Berlin'])
        expect(left).not.toContain(text);
      const link = await store.links.get(customer.link.id);
      expect(link).toMatchObject({ app: { id: 'a1' }, ledger: { id: '58' } });
      const scrubbed = {
        displayName: '[erased]',
        email: null,
        currency: 'EUR',
        balance: '12.5',
        billingAddress: { line1: null, city: null },
      };
      expect(link?.base?.fields).toEqual(scrubbed);
      // For the sync nothing was edited: the app has what both sides agreed on, in the version that was seen.
      expect(await store.appRecords.get('c1', 'customer', 'a1')).toMatchObject({
        fields: scrubbed,
        version: 1,
      });
      expect(await store.audit.verify('c1', { now: T0 })).toMatchObject({
        rows: 5,
        erased: 2,
        brokenAt: null,
      });
      const rows = await store.audit.list('c1', { limit: 99 });
      expect(rows.at(-1)).toMatchObject({
        kind: 'person_erased',
        by: ann,
        linkId: link?.id,
        detail: { counts },
      });
      expect(replayAudit(rows).get(customer.link.id)?.base).toEqual(link?.base);
    });

    it('waits for open work unless it is forced to, and then whoever has the record in hand loses it', async () => {
      await finish();
      await store.queue.append([anEvent('58', { entity: 'customer' })], { now: T0 + 2 });
      const late = await claimOne(store, { now: T0 + 2 });
      const open = anIntent(late, 'k2', { desired: FIELDS, agreed: BASE });
      await store.queue.storeIntents(late, [open]);
      const options = { ...WHO, dryRun: false };
      await expect(store.erasure.person(PERSON, { ...options, force: false })).rejects.toMatchObject({
        code: 'busy',
      });
      expect(await everything()).toContain('Heidestr');
      await store.erasure.person(PERSON, { ...options, force: true });
      const link = { ...paired(late.link, 'a1', '58'), base: BASE };
      await expect(settle(late, { link })).rejects.toMatchObject({ code: 'lease_lost' });
      // A write that may have landed is what it was, or its repetition would be another one.
      expect((await claimOne(store, { now: T0 + 3 })).intents).toMatchObject([
        { key: 'k2', desired: FIELDS },
      ]);
      expect((await store.links.get(late.link.id))?.base?.fields['email']).toBeNull();
    });

    it('finds the text in what was archived, too', async () => {
      await finish();
      await store.audit.archive('c1', { before: T0 + 99, limit: 99 });
      await store.erasure.person(PERSON, { ...WHO, dryRun: false, force: true });
      expect(await everything()).not.toContain(EMAIL);
      const states = await store.audit.states('c1', { limit: 9 });
      const { base } = (await store.links.get(customer.link.id))!;
      expect(states.find(({ linkId }) => linkId === customer.link.id)?.state.base).toEqual(base);
      expect(await store.audit.verify('c1', { now: T0 })).toMatchObject({ brokenAt: null });
    });

    it('makes no row good that was tampered with', async () => {
      await finish();
      await place.dropGuards();
      await place.owner.run(`update audit set detail = replace(detail, 'refused', 'welcome')`);
      await store.erasure.person(PERSON, { ...WHO, dryRun: false, force: false });
      expect(await everything()).not.toContain(NAME);
      expect(await store.audit.verify('c1', { now: T0 })).toMatchObject({ brokenAt: 3, fault: 'content' });
    });

    it('takes the name out of the reasons of rules', async () => {
      await finish();
      const rule = { connectionId: 'c1', entity: 'invoice', field: '*', winner: 'app' as const };
      await store.policies.set({ ...rule, reason: `${NAME} wants it so` }, ann, T0 + 1);
      const options = { ...WHO, force: false };
      const { counts } = await store.erasure.person(PERSON, { ...options, dryRun: true });
      expect(counts).toMatchObject({ policies: 1 });
      await store.erasure.person(PERSON, { ...options, dryRun: false });
      expect(await everything()).not.toContain(NAME);
      expect(await store.policies.inForce('c1')).toMatchObject([{ reason: '[erased] wants it so' }]);
    });

    it('knows when there is no such record', async () => {
      const nobody = { ...PERSON, recordId: '59' };
      await expect(
        store.erasure.person(nobody, { ...WHO, dryRun: true, force: false }),
      ).rejects.toMatchObject({
        code: 'not_found',
      });
    });
  });

  describe('of a company', () => {
    it('says first what it would erase, and changes nothing by that', async () => {
      const before = await everything();
      const counts = await store.erasure.connection('c1', { ...WHO, dryRun: true });
      expect(counts).toMatchObject({
        links: 2,
        events: 2,
        intents: 1,
        conflicts: 1,
        app_records: 2,
        audit: 3,
      });
      expect(await everything()).toBe(before);
    });

    it('leaves nothing but its id, when, by whom, how many rows and where its audit ended', async () => {
      await store.usage.add('c1', '2026-01-01', { read: 1 });
      await store.checkpoints.set('c1', 'page', { at: 1 }, T0);
      await store.policies.set({ connectionId: 'c1', entity: '*', field: '*', winner: 'app' }, ann, T0);
      await store.audit.archive('c1', { before: T0 + 99, limit: 1 });
      const events = Array.from({ length: 450 }, (_, index) => anEvent(`r${index}`));
      await store.queue.append(events, { now: T0 });
      const worker = await claimOne(store);
      const [last] = await store.audit.list('c1', { beforeSeq: 999, limit: 1 });
      const counts = await store.erasure.connection('c1', { ...WHO, dryRun: false });
      expect(counts).toMatchObject({
        links: 452,
        events: 452,
        usage: 1,
        policies: 1,
        checkpoints: 1,
        audit_states: 0,
      });
      for (const table of await tables()) {
        const rows = await place.owner.run(`select * from ${table}`);
        expect(rows.filter(({ connection_id }) => connection_id === 'c1')).toEqual([]);
      }
      const left = await everything();
      for (const text of [NAME, EMAIL, 'Connection c1', 'tenant-c1', 'Berlin'])
        expect(left).not.toContain(text);
      const rows = await store.audit.list('*', { limit: 99 });
      expect(rows[0]).toMatchObject({ kind: 'connection_created', detail: { id: 'c1' }, erasedAt: WHO.now });
      expect(rows[1]).toMatchObject({
        kind: 'connection_created',
        detail: { id: 'c2', name: 'Connection c2' },
      });
      expect(rows.slice(2)).toMatchObject([
        {
          kind: 'erasure_begun',
          by: ann,
          at: WHO.now,
          detail: { id: 'c1', seq: last!.seq, hash: last!.hash },
        },
        {
          kind: 'connection_erased',
          by: ann,
          detail: { id: 'c1', counts, seq: last!.seq, hash: last!.hash },
        },
      ]);
      expect(await store.audit.verify('*', { now: T0 })).toMatchObject({
        rows: 4,
        erased: 1,
        brokenAt: null,
      });
      expect(await store.audit.verify('c2', { now: T0 })).toMatchObject({ rows: 1, brokenAt: null });
      await expect(settle(worker, {})).rejects.toMatchObject({ code: 'lease_lost' });
      await expect(store.queue.append([anEvent('1')], { now: T0 })).rejects.toMatchObject({
        code: 'not_found',
      });
      // The company can be connected anew.
      await store.connections.create(aConnection('c3', { tenantId: 'tenant-c1' }));
    });

    it('can be finished when it was interrupted', async () => {
      await place.owner.run("update connections set state = 'paused' where id = 'c1'");
      await place.owner.run("delete from notices where connection_id = 'c1'");
      await store.erasure.connection('c1', { ...WHO, dryRun: false });
      await expect(store.erasure.connection('c1', { ...WHO, dryRun: false })).rejects.toMatchObject({
        code: 'not_found',
      });
    });
  });
});

describe('what names a person', () => {
  it.each([
    ['Ann Lee was refused', '[erased] was refused'],
    ['ANN LEE, ann@lee.example', '[erased], [erased]'],
    ['Annual Leerdam, Ann Leeson', 'Annual Leerdam, Ann Leeson'],
    ['Jo', 'Jo'],
  ])('is taken out as a whole, in any case, and never out of another word: %s', (text, expected) => {
    expect(redactor(['Ann Lee', 'ann@lee.example', 'Jo', 'a.c'])(text)).toBe(expected);
  });

  it('is text, and no pattern', () => {
    const redact = redactor(['A.C. (Ltd)', '[x]']);
    expect(redact('A.C. (Ltd) and ABC. (Ltd), [x] x')).toBe('[erased] and ABC. (Ltd), [erased] x');
  });
});
