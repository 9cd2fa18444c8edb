import { makeRules } from '../../shared/people/always';
import { decideConflict, questionFor } from '../../shared/people/decide';
import type { Answers } from '../../shared/people/answers';
import type { Question } from '../../shared/people/question';
import type { Fields } from '../../shared/schema/entity';
import { engineBench, type EngineBench } from '../support/engineBench';
import { changeBoth, invoiceFor, onlyConflict, sharedInvoice, sidesOf, withLine } from './support';

let bench: EngineBench;
beforeEach(async () => (bench = await engineBench()));
afterEach(async () => await bench.close());

const due = (dueDate: string) => (fields: Fields) => ({ ...fields, dueDate });

async function question(): Promise<Question> {
  const { id } = await onlyConflict(bench);
  const found = await questionFor(bench.store, id, sidesOf(bench));
  if (found.kind !== 'open') throw new Error('Nobody is asked');
  return found.question;
}

const decide = async ({ conflictId, refreshedAt }: Question, answers: Answers, extra: object = {}) =>
  await decideConflict(bench.store, sidesOf(bench), {
    conflictId,
    seenRefreshedAt: refreshedAt,
    answers,
    by: 'workflow w',
    decidedBy: 'Jane',
    now: bench.clock.now(),
    ...extra,
  });

const inApp = (id: string) => bench.app.get('invoice', id).fields;
const inLedger = (id: string) => bench.ledger.get('invoice', id).fields;

describe('a field that both sides have changed', () => {
  it('is asked about in plain words', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    expect(await question()).toMatchObject({
      title: '1001',
      heading: 'Invoice 1001 · Acme · 6 Jan 2027',
      explanation:
        'Your app and Ledger Online have both changed this invoice, to different values. Nothing is written on either side until you decide.',
      sides: {
        app: { label: 'Your app', recordId: ids.app },
        ledger: { label: 'Ledger Online', recordId: ids.ledger },
      },
      rows: [
        {
          key: 'dueDate',
          label: 'Due Date',
          before: '20 Dec 2026',
          app: '3 Jan 2027',
          ledger: '6 Jan 2027',
          answers: [
            { id: 'app', label: 'Your app: 3 Jan 2027' },
            { id: 'ledger', label: 'Ledger Online: 6 Jan 2027' },
            { id: 'value', label: 'Another value' },
          ],
          input: { kind: 'date' },
          rule: { field: 'dueDate', label: 'Due Date of invoices' },
        },
      ],
      unchanged: expect.arrayContaining([
        { label: 'Customer', value: 'Acme' },
        { label: 'Date', value: '20 Nov 2026' },
      ]) as unknown,
    });
  });

  it.each([
    ['app', undefined, '2027-01-03'],
    ['ledger', undefined, '2027-01-06'],
    ['value', '2027-02-01', '2027-02-01'],
  ])('becomes on both sides what was chosen (%s)', async (id, value, after) => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const asked = await question();
    const answer = value === undefined ? { id } : { id, value };
    expect((await decide(asked, { dueDate: answer })).kind).toBe('decided');
    await bench.settle();
    expect([inApp(ids.app)['dueDate'], inLedger(ids.ledger)['dueDate']]).toEqual([after, after]);
    expect(await decide(asked, { dueDate: { id: 'app' } })).toMatchObject({
      kind: 'over',
      how: 'decided',
      by: 'Jane',
    });
    const told = await bench.store.audit.list('c1', { linkId: ids.linkId, limit: 100 });
    expect(told.find(({ kind }) => kind === 'conflict_resolved')).toMatchObject({
      by: 'workflow w',
      detail: { decidedBy: 'Jane' },
    });
  });

  it.each([
    [{ dueDate: { id: 'value', value: '31.2.' } }, 'Due Date', /calendar date.*31\.2\./],
    [{ dueDate: { id: 'value', value: '=1+1' } }, 'Due Date', /calendar date/],
    [{ dueDate: { id: 'both' } }, 'Due Date', /Choose one of: Your app: 3 Jan 2027/],
    [{ total: { id: 'app' } }, 'total', /not asked about/],
    [{ __proto__x: { id: 'app' } }, '__proto__x', /not asked about/],
    [{}, 'Decision', /Nothing is decided yet/],
    [{ dueDate: { id: 'later' } }, 'Decision', /Nothing is decided yet/],
  ])('is refused an answer that makes no sense, at its field (%j)', async (answers, label, message) => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    expect(await decide(await question(), answers as Answers)).toMatchObject({
      kind: 'refused',
      issues: [{ label, message: expect.stringMatching(message) as string }],
    });
    expect((await onlyConflict(bench)).status).toBe('open');
  });

  it('is handed back with fresh values where a side has changed since', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const asked = await question();
    bench.ledger.edit('invoice', ids.ledger, due('2027-01-08'));
    await bench.notify('ledger', 'invoice', ids.ledger);
    await bench.settle();
    const answered = await decide(asked, { dueDate: { id: 'ledger' } });
    expect(answered).toMatchObject({ kind: 'changed', question: { rows: [{ ledger: '8 Jan 2027' }] } });
    expect(inApp(ids.app)['dueDate']).toBe('2027-01-03');
  });

  it('is decided once, whoever is faster', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const asked = await question();
    const both = await Promise.all([
      decide(asked, { dueDate: { id: 'app' } }, { decidedBy: 'Jane' }),
      decide(asked, { dueDate: { id: 'ledger' } }, { decidedBy: 'John' }),
    ]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(['decided', 'over']);
  });

  it('is over where the sides have come to agree by themselves', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const asked = await question();
    bench.app.edit('invoice', ids.app, due('2027-01-06'));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    expect(await decide(asked, { dueDate: { id: 'app' } })).toMatchObject({
      kind: 'over',
      how: 'settled',
      reason: 'both sides agree now',
    });
  });
});

describe('a decision that is to be the same next time', () => {
  it('makes a rule for the company, and says so', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const asked = await question();
    const answers = { dueDate: { id: 'ledger' } };
    await decide(asked, answers);
    const parts = { connection: bench.connection, sides: sidesOf(bench), question: asked, answers };
    const wish = { ...parts, by: 'workflow w' as const, decidedBy: 'Jane', now: bench.clock.now() };
    expect(await makeRules(bench.store, { ...wish, always: ['dueDate'] })).toEqual([
      'From now on, Ledger Online wins for Due Date of invoices.',
    ]);
    await bench.settle();
    bench.app.edit('invoice', ids.app, due('2027-02-01'));
    bench.ledger.edit('invoice', ids.ledger, due('2027-02-02'));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    expect(inApp(ids.app)['dueDate']).toBe('2027-02-02');
    expect(await bench.store.policies.history('c1', 1)).toMatchObject([
      { decidedBy: 'Jane', winner: 'ledger' },
    ]);
  });

  it('says why where it cannot be a rule; the decision stands', async () => {
    const ids = await sharedInvoice(bench);
    await bench.store.policies.set(
      { connectionId: 'c1', entity: '*', field: '*', winner: 'raise', locked: true },
      'user boss',
      bench.clock.now(),
    );
    await changeBoth(bench, ids, due('2027-01-03'), due('2027-01-06'));
    const asked = await question();
    const parts = { connection: bench.connection, sides: sidesOf(bench), question: asked };
    const wish = { ...parts, always: ['dueDate'], by: 'workflow w' as const, now: bench.clock.now() };
    expect(await makeRules(bench.store, { ...wish, answers: { dueDate: { id: 'app' } } })).toEqual([
      expect.stringMatching(/No rule was made for Due Date of invoices: A locked rule overrules/),
    ]);
    const typed = { dueDate: { id: 'value', value: '2027-03-01' } };
    expect(await makeRules(bench.store, { ...wish, answers: typed })).toEqual([
      expect.stringContaining('only "always this side" can be a rule'),
    ]);
  });
});

describe('two fields', () => {
  it('may be decided one after the other; nothing is written before both are', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(
      bench,
      ids,
      (fields) => ({ ...fields, dueDate: '2027-01-03', customerMemo: 'ours' }),
      (fields) => ({ ...fields, dueDate: '2027-01-06', customerMemo: 'theirs' }),
    );
    await decide(await question(), { dueDate: { id: 'app' }, customerMemo: { id: 'later' } });
    await bench.settle();
    expect(inLedger(ids.ledger)['dueDate']).toBe('2027-01-06');
    const rest = await question();
    expect(rest.rows.map(({ key, chosen }) => [key, chosen])).toEqual([
      ['dueDate', 'app'],
      ['customerMemo', null],
    ]);
    await decide(rest, { customerMemo: { id: 'ledger' } });
    await bench.settle();
    expect(inLedger(ids.ledger)).toMatchObject({ dueDate: '2027-01-03', customerMemo: 'theirs' });
    expect(inApp(ids.app)).toMatchObject({ dueDate: '2027-01-03', customerMemo: 'theirs' });
  });
});

describe('lines', () => {
  it('are shown beside each other; quantity, price and amount are one choice', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(
      bench,
      ids,
      withLine(1, { quantity: '2', amount: '60' }),
      withLine(1, { unitPrice: '35', amount: '35' }),
    );
    const asked = await question();
    expect(asked.rows).toMatchObject([
      {
        label: 'Line 2: Quantity, Unit Price and Amount',
        before: 'Quantity 1, Unit Price 30, Amount 30.00',
        app: 'Quantity 2, Unit Price 30, Amount 60.00',
        ledger: 'Quantity 1, Unit Price 35, Amount 35.00',
        input: { kind: 'decimal' },
      },
    ]);
    expect(asked.lines).toMatchObject([
      { label: 'Line 1', differs: false },
      { label: 'Line 2', differs: true, app: 'Description Ink, Quantity 2, Unit Price 30, Amount 60.00' },
    ]);
    const [row] = asked.rows;
    await decide(asked, { [row!.key]: { id: 'app' } });
    await bench.settle();
    expect((inLedger(ids.ledger)['lines'] as Fields[])[1]).toMatchObject({
      quantity: '2',
      unitPrice: '30',
      amount: '60',
    });
  });

  it('that one side has removed and the other changed are one choice as a whole', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(
      bench,
      ids,
      (fields) => ({ ...fields, lines: (fields['lines'] as Fields[]).slice(0, 1) }),
      withLine(1, { description: 'Blue ink' }),
    );
    const asked = await question();
    expect(asked.rows).toMatchObject([
      { label: 'Line 2', app: '(empty)', why: 'Removed on one side, changed on the other', input: null },
    ]);
    await decide(asked, { [asked.rows[0]!.key]: { id: 'ledger' } });
    await bench.settle();
    expect(inApp(ids.app)['lines']).toHaveLength(2);
  });
});

describe('a record that was removed on one side and changed on the other', () => {
  it.each([
    ['app', 'Remove the invoice in Ledger Online too', 'deleted'],
    ['ledger', 'Keep it in Ledger Online, and create the invoice in Your app again', 'live'],
  ] as const)('goes or comes back, as was chosen (%s)', async (id, label, state) => {
    const ids = await sharedInvoice(bench);
    bench.app.drop('invoice', ids.app, 'deleted');
    bench.ledger.edit('invoice', ids.ledger, due('2027-01-06'));
    await bench.notify('app', 'invoice', ids.app);
    await bench.settle();
    const asked = await question();
    expect(asked.explanation).toContain('removed on one side and changed on the other');
    expect(asked.rows).toMatchObject([{ app: 'Deleted', ledger: 'There' }]);
    expect(asked.rows[0]!.answers).toContainEqual({ id, label });
    await decide(asked, { $state: { id } });
    await bench.settle();
    expect(bench.ledger.get('invoice', ids.ledger).state).toBe(state);
  });
});

describe('which record it is', () => {
  const twoOfOneName = async () => {
    bench.ledger.add('customer', { displayName: 'Acme', email: 'one@acme.example' });
    bench.ledger.add('customer', { displayName: 'Acme', email: 'two@acme.example' });
    const acme = bench.app.add('customer', { displayName: 'Acme' });
    await bench.notify('app', 'customer', acme.id);
    await bench.settle();
    return acme.id;
  };

  it('is asked with those it could be, and linked with the one that is chosen', async () => {
    const appId = await twoOfOneName();
    const asked = await question();
    expect(asked.explanation).toBe(
      'Ledger Online has 2 records that this customer could be. To keep both, give one of them another name; then the sync continues automatically.',
    );
    const [row] = asked.rows;
    expect(row!.answers.map(({ label }) => label)).toEqual([
      expect.stringMatching(/^Link with Acme \(ID /),
      expect.stringMatching(/^Link with Acme \(ID /),
    ]);
    await decide(asked, { $match: { id: row!.answers[1]!.id } });
    await bench.settle();
    const link = (await bench.store.links.bySide('c1', 'customer', 'app', [appId])).get(appId);
    expect(`link:${link?.ledger.id}`).toBe(row!.answers[1]!.id);
    expect(bench.ledger.all('customer')).toHaveLength(2);
  });

  it('may be neither where names are free: then another one is made', async () => {
    const acme = bench.ledger.add('customer', { displayName: 'Acme' });
    for (const date of ['2026-01-01', '2026-01-02'])
      bench.ledger.add('invoice', { ...invoiceFor(acme.id), date });
    const mine = bench.app.add('customer', { displayName: 'Acme' });
    const { id } = bench.app.add('invoice', invoiceFor(mine.id));
    await bench.notify('app', 'invoice', id);
    await bench.settle();
    await decide(await question(), { $match: { id: 'new' } });
    await bench.settle();
    expect(bench.ledger.all('invoice')).toHaveLength(3);
  });

  it('says whom the partner belongs to, and does not offer to take it away', async () => {
    await sharedInvoice(bench);
    const second = bench.app.add('customer', { displayName: 'Acme' });
    await bench.notify('app', 'customer', second.id);
    await bench.settle();
    const asked = await question();
    expect(asked.explanation).toMatch(
      /^Ledger Online has a customer of the same name, and it already belongs together with Acme in Your app \(ID /,
    );
    expect(asked.rows[0]!.answers).toEqual([]);
  });
});

describe('what one side cannot take', () => {
  it('offers only what can be carried out', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(
      bench,
      ids,
      (fields) => ({ ...fields, currency: 'EUR' }),
      (fields) => fields,
    );
    const [row] = (await question()).rows;
    expect(row).toMatchObject({
      label: 'Currency',
      why: 'Cannot be changed once the record exists',
      input: null,
    });
  });
});

describe('text from outside', () => {
  it('is data: shown on one line, as it is', async () => {
    const ids = await sharedInvoice(bench);
    await changeBoth(
      bench,
      ids,
      (fields) => ({ ...fields, customerMemo: '<b>bold</b>\n=cmd()' }),
      (fields) => ({ ...fields, customerMemo: '{{ $json }}' }),
    );
    expect((await question()).rows[0]).toMatchObject({ app: '<b>bold</b> =cmd()', ledger: '{{ $json }}' });
  });
});
