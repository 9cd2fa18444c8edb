import { AuthError, DuplicateError, StaleVersionError, UncertainWriteError } from '../../../shared/errors';
import type { Fields } from '../../../shared/schema/entity';
import { Samples } from './samples';
import { simulate, type Simulated } from './simulated';

let n = 0;
const options = () => ({ key: String(++n).padStart(32, '0'), externalId: `link-${n}` });

/** What is peculiar to QuickBooks, seen through the adapter against a simulated company. */
describe('a company in the United States', () => {
  let sim: Simulated;
  let samples: Samples;
  beforeAll(async () => {
    sim = await simulate({}, { country: 'US', sampleRecords: true });
    samples = new Samples(sim.side, 'NON');
  });
  afterAll(async () => sim.close());

  const control = () => sim.simulator.control;
  const invoice = async () => sim.side.create('invoice', await samples.of('invoice', ++n), options());
  const linesOf = (fields: Fields) => fields.lines as Fields[];

  it('tells its name and country', async () => {
    expect(await sim.side.companyInfo()).toMatchObject({ tenantId: sim.realmId, country: 'US' });
  });

  it('reads the line codes that are no records', async () => {
    expect((await sim.side.read('tax_rate', 'TAX'))?.fields).toMatchObject({ name: 'TAX', rate: null });
    expect((await sim.side.read('tax_rate', 'NON'))?.fields).toMatchObject({ name: 'NON', rate: '0' });
    const { records } = await sim.side.list('tax_rate', { limit: 10 });
    expect(records.map((record) => record.id)).toEqual(expect.arrayContaining(['TAX', 'NON']));
    expect(records.find((record) => record.fields.name === 'Tucson')?.fields.rate).toBe('9.1');
    expect(await sim.side.read('tax_rate', '987')).toBeNull();
  });

  it('keeps a discount and drops the subtotal when lines change', async () => {
    const created = await invoice();
    const wire = control()
      .records('Invoice', sim.realmId)
      .find(({ Id }) => Id === created.id);
    const discount = {
      Amount: 5,
      DetailType: 'DiscountLineDetail',
      DiscountLineDetail: { PercentBased: false },
    };
    const Line = [...(wire?.Line as object[]), discount];
    control().edit({ realmId: sim.realmId, entity: 'Invoice', id: created.id, patch: { Line } });
    const read = await sim.side.read('invoice', created.id);
    if (!read) throw new Error('gone');
    expect(linesOf(read.fields)).toHaveLength(3);
    expect(read.fields.total).toBe('20.5');
    const lines = linesOf(read.fields).map((line, index) =>
      index === 0 ? { ...line, description: 'First' } : line,
    );
    const updated = await sim.side.update('invoice', read, { ...read.fields, lines }, options());
    expect(updated.fields).toEqual({ ...read.fields, lines });
    const after = control()
      .records('Invoice', sim.realmId)
      .find(({ Id }) => Id === created.id);
    const types = (after?.Line as { DetailType: string }[]).map((line) => line.DetailType);
    expect(types.filter((type) => type === 'DiscountLineDetail')).toHaveLength(1);
    expect(types.filter((type) => type === 'SubTotalLineDetail')).toHaveLength(1);
  });

  it('adds, moves and removes lines by their ids', async () => {
    const created = await invoice();
    const [a, b, c] = linesOf(created.fields);
    const lines = [
      c,
      { description: 'new', amount: '7.25' },
      { ...a, amount: '41', unitPrice: '20.5' },
    ] as Fields[];
    const updated = await sim.side.update('invoice', created, { ...created.fields, lines }, options());
    expect(linesOf(updated.fields)[0]).toEqual(c);
    expect(linesOf(updated.fields)[2]).toEqual({ ...a, amount: '41', unitPrice: '20.5' });
    expect(linesOf(updated.fields).map(({ id }) => id)).not.toContain(b?.id);
    expect(updated.fields.total).toBe('48.25');
  });

  it('settles an invoice by a payment and tells so', async () => {
    const created = await invoice();
    const payment = await sim.side.create(
      'payment',
      {
        customer: created.fields.customer,
        amount: '30',
        allocations: [{ document: { entity: 'invoice', id: created.id }, amount: '25.5' }],
      },
      options(),
    );
    expect(payment.fields).toMatchObject({ unapplied: '4.5' });
    expect((await sim.side.read('invoice', created.id))?.fields).toMatchObject({
      status: 'paid',
      balance: '0',
    });
    const freed = await sim.side.update(
      'payment',
      payment,
      { ...payment.fields, allocations: [] },
      options(),
    );
    expect(freed.fields).toMatchObject({ unapplied: '30', allocations: [] });
  });

  it('keeps its mark through edits and voids, and shows the note without it', async () => {
    const own = options();
    const created = await sim.side.create('invoice', await samples.of('invoice', ++n), own);
    expect(created).toMatchObject({
      externalId: own.externalId,
      fields: { privateNote: expect.stringMatching(/^Note/) },
    });
    const cleared = await sim.side.update(
      'invoice',
      created,
      { ...created.fields, privateNote: null },
      own2(own),
    );
    expect(cleared).toMatchObject({ externalId: own.externalId, fields: { privateNote: null } });
    const voided = await sim.side.remove('invoice', cleared, 'void', options());
    expect(voided).toMatchObject({
      state: 'voided',
      externalId: own.externalId,
      fields: { privateNote: null, status: 'voided', total: '0' },
    });
    expect(await sim.side.find('invoice', created.fields, own.externalId)).toMatchObject({ kind: 'same' });
  });
  const own2 = ({ externalId }: { externalId: string }) => ({ ...options(), externalId });

  it('finds its own record although the number was changed meanwhile', async () => {
    const own = options();
    const fields = await samples.of('invoice', ++n);
    const created = await sim.side.create('invoice', fields, own);
    control().edit({
      realmId: sim.realmId,
      entity: 'Invoice',
      id: created.id,
      patch: { DocNumber: `X-${n}` },
    });
    expect(await sim.side.find('invoice', fields, own.externalId)).toMatchObject({
      kind: 'same',
      record: { id: created.id },
    });
  });

  it('offers an unmarked namesake, and does not choose between two', async () => {
    const fields = await samples.of('invoice', ++n);
    const record = {
      DocNumber: fields.number,
      CustomerRef: { value: (fields.customer as { id: string }).id },
      Line: [{ Amount: 1, DetailType: 'SalesItemLineDetail', SalesItemLineDetail: {} }],
    };
    control().create({ realmId: sim.realmId, entity: 'Invoice', record });
    expect(await sim.side.find('invoice', fields, 'nobody')).toMatchObject({ kind: 'candidate' });
    control().create({ realmId: sim.realmId, entity: 'Invoice', record });
    expect(await sim.side.find('invoice', fields, 'nobody')).toMatchObject({ kind: 'ambiguous' });
  });

  it('tells who has the name when it is no customer', async () => {
    control().create({ realmId: sim.realmId, entity: 'Vendor', record: { DisplayName: 'Shared Name' } });
    const clash = sim.side.create('customer', { displayName: 'Shared Name' }, options());
    await expect(clash).rejects.toBeInstanceOf(DuplicateError);
    await expect(clash).rejects.toThrow(/vendor \d+ has this name/);
  });

  it('shows an archived customer under its own name, and gives it back', async () => {
    const created = await sim.side.create('customer', { displayName: 'Leaving & Back' }, options());
    const archived = await sim.side.remove('customer', created, 'archive', options());
    expect(archived.fields).toEqual({ ...created.fields, active: false });
    expect((await sim.side.readMany('customer', [created.id])).get(created.id)?.fields.active).toBe(false);
    const back = await sim.side.update('customer', archived, { ...archived.fields, active: true }, options());
    expect(back.fields).toEqual(created.fields);
  });

  it('makes a stocked item', async () => {
    const accounts = await sim.side.list('account', { limit: 200 });
    const of = (type: string, name: string) => ({
      entity: 'account',
      id: accounts.records.find(({ fields }) => fields.type === type && fields.name === name)?.id ?? '',
    });
    const item = await sim.side.create(
      'item',
      {
        name: 'Widget',
        type: 'inventory',
        incomeAccount: of('income', 'Sales of Product Income'),
        expenseAccount: of('cost_of_goods_sold', 'Cost of Goods Sold'),
        assetAccount: of('other_current_asset', 'Inventory Asset'),
      },
      options(),
    );
    expect(item.fields).toMatchObject({ type: 'inventory', quantityOnHand: '0' });
  });

  it('puts an account below another and back to the top', async () => {
    const parent = await sim.side.create('account', { name: 'Above', type: 'expense' }, options());
    const below = { name: 'Below', type: 'expense', parent: { entity: 'account', id: parent.id } };
    const child = await sim.side.create('account', below, options());
    expect(child.fields.parent).toEqual(below.parent);
    expect(await sim.side.find('account', below, 'x')).toMatchObject({ kind: 'candidate' });
    expect(await sim.side.find('account', { ...below, parent: null }, 'x')).toEqual({ kind: 'none' });
    const top = await sim.side.update('account', child, { ...child.fields, parent: null }, options());
    expect(top.fields.parent).toBeNull();
  });

  it('loses nothing and repeats nothing while people edit between pages', async () => {
    const made = [];
    for (let i = 0; i < 7; i++)
      made.push(await sim.side.create('customer', { displayName: `Paged ${i}` }, options()));
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await sim.side.list('customer', { cursor, limit: 3 });
      seen.push(...page.records.map((record) => record.id));
      cursor = page.next;
      const [first] = made;
      const patch = { Notes: `while paging ${seen.length}` };
      if (first && cursor) control().edit({ realmId: sim.realmId, entity: 'Customer', id: first.id, patch });
      control().advanceClock(1000);
    } while (cursor !== null && seen.length < 500);
    expect(seen).toEqual(expect.arrayContaining(made.map((record) => record.id)));
  });

  it('reads back what changed beyond the month that the feed looks back', async () => {
    const since = new Date(control().clock().ms - 40 * 24 * 3_600_000).toISOString();
    const { changes, complete } = await sim.side.changes(['customer', 'invoice', 'tax_rate'], since);
    expect(complete).toBe(false);
    expect(changes.length).toBeGreaterThan(7);
  });

  it('leaves a write uncertain when its answer is lost, and the same key repeats the answer', async () => {
    for (const effect of [
      { kind: 'drop-after-commit' as const },
      { kind: 'truncated-body' as const },
      { kind: 'status' as const, status: 504 as const, applied: true },
    ]) {
      const fields = { displayName: `Lost ${effect.kind}` };
      const own = options();
      control().addFaults({ match: { operation: 'create', entity: 'Customer' }, effect });
      await expect(sim.side.create('customer', fields, own)).rejects.toBeInstanceOf(UncertainWriteError);
      const again = await sim.side.create('customer', fields, own);
      expect(await sim.side.find('customer', fields, own.externalId)).toMatchObject({
        kind: 'candidate',
        record: { id: again.id },
      });
    }
  });

  it('does not take a version for its own that somebody else has moved', async () => {
    const created = await sim.side.create('customer', { displayName: 'Contested' }, options());
    control().edit({ realmId: sim.realmId, entity: 'Customer', id: created.id, patch: { Notes: 'theirs' } });
    const { raw: _raw, ...bare } = created;
    const desired = { ...created.fields, notes: 'theirs' };
    await expect(sim.side.update('customer', bare, desired, options())).rejects.toBeInstanceOf(
      StaleVersionError,
    );
  });

  it('goes on after its access token has ended, and stops when the grant is revoked', async () => {
    control().expireTokens('access', sim.realmId);
    expect(await sim.side.read('customer', '999999')).toBeNull();
    control().revokeGrant(sim.realmId);
    await expect(sim.side.read('customer', '999999')).rejects.toBeInstanceOf(AuthError);
  });
});

describe('a company in Great Britain', () => {
  let sim: Simulated;
  let samples: Samples;
  let standard = '';
  beforeAll(async () => {
    sim = await simulate({}, { country: 'GB', multiCurrency: true });
    const { records } = await sim.side.list('tax_rate', { limit: 50 });
    standard = records.find((record) => record.fields.rate === '20')?.id ?? '';
    samples = new Samples(sim.side, standard);
  });
  afterAll(async () => sim.close());

  it('lists its tax codes and no American ones', async () => {
    const { records } = await sim.side.list('tax_rate', { limit: 50 });
    expect(records.map((record) => record.fields.rate).sort()).toEqual(['0', '20', '5']);
  });

  it.each(['exclusive', 'inclusive', 'none'])(
    'keeps amounts as typed where they are %s',
    async (taxTreatment) => {
      const fields = { ...(await samples.of('invoice', ++n)), taxTreatment };
      const created = await sim.side.create('invoice', fields, options());
      expect(created.fields).toMatchObject(fields);
      const [first, ...rest] = created.fields.lines as Fields[];
      const lines = [{ ...first, quantity: '3', amount: '30.75' }, ...rest] as Fields[];
      const updated = await sim.side.update('invoice', created, { ...created.fields, lines }, options());
      expect(updated.fields.lines).toEqual(lines);
      expect(await sim.side.update('invoice', updated, updated.fields, options())).toBe(updated);
    },
  );

  it('changes the tax treatment and nothing that was typed', async () => {
    const fields = { ...(await samples.of('invoice', ++n)), taxTreatment: 'inclusive' };
    const created = await sim.side.create('invoice', fields, options());
    const updated = await sim.side.update(
      'invoice',
      created,
      { ...created.fields, taxTreatment: 'exclusive' },
      options(),
    );
    expect(updated.fields.lines).toEqual(created.fields.lines);
    expect(updated.fields).toMatchObject({ taxTreatment: 'exclusive', total: '30.6' });
  });

  it('bills in another currency', async () => {
    const customer = await sim.side.create('customer', { displayName: 'Euro', currency: 'EUR' }, options());
    const fields = {
      ...(await samples.of('invoice', ++n)),
      customer: { entity: 'customer', id: customer.id },
      currency: 'EUR',
      exchangeRate: '0.8512345',
    };
    const created = await sim.side.create('invoice', fields, options());
    expect(created.fields).toMatchObject(fields);
  });
});
