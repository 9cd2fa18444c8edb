import { markup } from '../../shared/console/markup';
import { Guesses } from '../../shared/console/guesses';
import { isFromOwnPage } from '../../shared/console/origin';
import { PAGE_HEADERS, page } from '../../shared/console/page';
import { changesSince, readDecision } from '../../shared/console/decisionForm';
import { questionPage } from '../../shared/console/questionPage';
import type { Question, QuestionRow } from '../../shared/people/question';

const NASTY = `"><script>alert('1')</script>&amp;\u202e\u0007=1+1`;

const row = (key: string, patch: Partial<QuestionRow> = {}): QuestionRow => ({
  key,
  label: 'Due Date',
  before: '20 Dec 2026',
  app: '3 Jan 2027',
  ledger: '6 Jan 2027',
  why: null,
  answers: [
    { id: 'app', label: 'Your app: 3 Jan 2027' },
    { id: 'ledger', label: 'Ledger Online: 6 Jan 2027' },
    { id: 'value', label: 'Another value' },
  ],
  input: { kind: 'date', choices: [] },
  rule: { field: 'dueDate', label: 'Due Date' },
  chosen: null,
  ...patch,
});

const question = (rows: QuestionRow[], patch: Partial<Question> = {}): Question => ({
  conflictId: 'k1',
  refreshedAt: 17,
  connectionId: 'c1',
  linkId: 'l1',
  entity: 'invoice',
  title: '1001',
  heading: 'Invoice 1001 · Acme',
  explanation: 'Both have changed it.',
  openedAt: 1,
  sides: {
    app: { label: 'Your app', recordId: 'a', changed: null },
    ledger: { label: 'Ledger Online', recordId: 'b', changed: '25 Nov 2026, 10:04 by Jane' },
  },
  rows,
  lines: [],
  unchanged: [],
  ...patch,
});

const asking = { person: 'Jane', until: '28 Nov 2026, 10:00' };
const shown = (asked: Question, extra: object = {}) => questionPage(asked, { ...asking, ...extra }).html;

describe('markup', () => {
  it('takes what is put into it for text, and shows what would be carried out', () => {
    expect(markup`<p title="${NASTY}">${NASTY}</p>`.text).toBe(
      `<p title="${escaped(NASTY)}">${escaped(shownText)}</p>`,
    );
    expect(markup`${[markup`<b>${1}</b>`, null, 'a\nb']}`.text).toBe('<b>1</b>a\nb');
  });

  it('is a page that runs nothing and loads nothing', () => {
    const policy = PAGE_HEADERS['Content-Security-Policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src|unsafe|\*|https?:/);
    expect(page(200, NASTY, NASTY).html).not.toContain('<script');
    expect(PAGE_HEADERS).toMatchObject({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'same-origin' });
  });
});

const shownText = NASTY.replace('\u202e', '\\u202e').replace('\u0007', '\\u0007');
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

describe('the page of a question', () => {
  it('shows each field with its sides, its answers and a label for every input', () => {
    const text = shown(
      question([row('dueDate'), row('memo', { label: 'Message', input: null, rule: null })]),
    );
    expect(text).toContain('<legend>Due Date</legend>');
    expect(text).toContain('<dt>Ledger Online (changed 25 Nov 2026, 10:04 by Jane)</dt><dd>6 Jan 2027</dd>');
    expect(text).toContain('Do the same next time for Due Date');
    expect(text).toContain('This page was made for Jane');
    expect(unlabelled(text)).toEqual([]);
    expect(text.match(/value="later" checked/g)).toHaveLength(2);
    expect(text).not.toMatch(/<script|onclick|style="/);
  });

  it('is asked in one click where there is one field, and nothing is chosen before', () => {
    const text = shown(question([row('dueDate')]));
    expect(text).not.toContain('Decide later');
    expect(text).not.toContain(' checked');
  });

  it('keeps what was chosen, and says what is wrong at its field', () => {
    const text = shown(question([row('dueDate')]), {
      answers: { dueDate: { id: 'value', value: '31.3.' } },
      always: new Set(['dueDate']),
      note: '<b>Why</b>',
      issues: [{ key: 'dueDate', label: 'Due Date', message: 'must be a date' }],
      status: 422,
    });
    expect(text).toContain('value="value" checked');
    expect(text).toContain('value="31.3."');
    expect(text).toContain('name="always:dueDate" value="yes" checked');
    expect(text).toContain('aria-describedby="issue-0"');
    expect(text).toContain('&#60;b&#62;Why&#60;/b&#62;</textarea>');
  });

  it('shows values of strangers as they are, and does nothing that they say', () => {
    const nasty = row(NASTY, {
      label: NASTY,
      before: NASTY,
      app: NASTY,
      ledger: NASTY,
      why: NASTY,
      answers: [{ id: `link:${NASTY}`, label: NASTY }],
      input: { kind: 'choice', choices: [NASTY] },
      rule: { field: NASTY, label: NASTY },
    });
    const line = { label: 'Line 1', before: NASTY, app: '', ledger: NASTY, differs: true };
    const text = shown(
      question([nasty], {
        heading: NASTY,
        explanation: NASTY,
        lines: [line, { ...line, label: 'Line 2', differs: false }],
        unchanged: [{ label: NASTY, value: NASTY }],
      }),
      { person: NASTY, note: NASTY, notice: { text: NASTY, details: [NASTY] } },
    );
    expect(text).not.toContain('<script');
    const read = text.replace(/="[^"]*"/g, '');
    for (const character of ['\u202e', '\u0007']) expect(read).not.toContain(character);
    expect(text).toContain('Not there');
    expect(unlabelled(text)).toEqual([]);
  });
});

/** Inputs that people see and that no label belongs to. */
function unlabelled(text: string): string[] {
  const inputs = text.match(/<(?:input|select|textarea)[^>]*>/g) ?? [];
  return inputs.filter((input) => {
    if (input.includes('type="hidden"')) return false;
    const id = /\sid="([^"]*)"/.exec(input)?.[1];
    return id === undefined
      ? !text.includes(`<label class="choice">${input}`)
      : !text.includes(`for="${id}"`);
  });
}

describe('what a form has sent', () => {
  it('is read by the keys of the rows', () => {
    const key = 'lines[a:b].amount';
    const form = readDecision({
      seen: '17',
      note: ' because\r\nso ',
      [`answer:${key}`]: 'ledger',
      [`always:${key}`]: 'yes',
      'answer:dueDate': '',
      'value:dueDate': '2027-01-01',
      'answer:memo': 'later',
    });
    expect(form).toMatchObject({ seenRefreshedAt: 17, note: 'because\nso', always: new Set([key]) });
    expect(form.answers).toEqual({
      [key]: { id: 'ledger' },
      dueDate: { id: 'value', value: '2027-01-01' },
      memo: { id: 'later' },
    });
  });

  it.each([
    [undefined],
    ['text'],
    [[]],
    [{ seen: ['1', '2'], note: { a: 1 }, 'answer:x': ['app'], 'answer:': 'app' }],
    [JSON.parse('{"__proto__":{"seen":"1"},"constructor":"x","answer:__proto__":"app"}')],
  ])('can be anything: %j', (body) => {
    const form = readDecision(body);
    expect(form.seenRefreshedAt).toBeNaN();
    expect(form.note).toBe('');
    expect(Object.keys(form.answers).filter((key) => key !== '__proto__')).toEqual([]);
    expect(({} as Record<string, unknown>)['seen']).toBeUndefined();
  });

  it('tells what has changed since it was shown', () => {
    const form = readDecision({ 'app:dueDate': '3 Jan 2027', 'ledger:dueDate': '5 Jan 2027' });
    expect(changesSince(question([row('dueDate'), row('memo', { label: 'Message' })]), form)).toEqual([
      'Ledger Online now has Due Date 6 Jan 2027 (it was 5 Jan 2027).',
      'Message is asked about now too.',
    ]);
  });
});

describe('where a form comes from', () => {
  const own = 'https://n8n.example/webhook/accounting-sync';
  it.each<[boolean, Record<string, string>]>([
    [true, {}],
    [true, { origin: 'https://n8n.example' }],
    [true, { origin: 'http://127.0.0.1:5678', host: '127.0.0.1:5678', 'sec-fetch-site': 'same-origin' }],
    [true, { origin: 'https://proxy.example', host: 'inner', 'x-forwarded-host': 'proxy.example' }],
    [true, { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    [false, { origin: 'null' }],
    [false, { origin: 'https://evil.example', host: 'n8n.example' }],
    [false, { origin: 'https://n8n.example.evil.example', host: 'n8n.example' }],
    [false, { 'sec-fetch-site': 'cross-site' }],
    [false, { origin: 'https://n8n.example', 'sec-fetch-site': 'same-site' }],
  ])('%s for %j', (expected, headers) => {
    expect(isFromOwnPage(headers, own)).toBe(expected);
  });
});

describe('guesses', () => {
  it('are counted by address and minute', () => {
    const guesses = new Guesses();
    for (let i = 0; i < 20; i++) guesses.count('1.2.3.4', 1_000_000);
    expect(guesses.isTooMany('1.2.3.4', 1_030_000)).toBe(true);
    expect(guesses.isTooMany('5.6.7.8', 1_030_000)).toBe(false);
    expect(guesses.isTooMany('1.2.3.4', 1_070_000)).toBe(false);
  });
});
