import { createHmac, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate as nextLoop } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { IWebhookFunctions } from 'n8n-workflow';
import { receiveWebhook } from '../../nodes/QuickBooksAccountingTrigger/receive';
import { QUICKBOOKS_CREDENTIAL } from '../../nodes/runtime/quickBooks';
import type { OpenStore } from '../../shared/store';
import { connectionOf } from '../nodes/support/storeFolder';
import { fakeNode } from '../nodes/support/fakeNode';

const TOKEN = 'the-verifier-token-of-the-flood';
const MIB = 1024 * 1024;
/** Calls under way at once. */
const AT_ONCE = 32;

const credentials = {
  [QUICKBOOKS_CREDENTIAL]: {
    environment: 'sandbox',
    webhookVerifierToken: TOKEN,
    clientId: 'client',
    oauthTokenData: { callbackQueryString: { realmId: '101' } },
  },
};

/** A call and what an honest receiver does with it, as its maker knows it. */
export interface Call {
  kind: string;
  headers: Record<string, string | string[]>;
  body: Buffer;
  /** Whether it breaks off in the middle. */
  cutOff?: boolean;
  /** Status codes that are right. */
  right: readonly number[];
  /** Events for connections that exist, by id: what may be in the store afterwards. */
  events: readonly string[];
}

const sign = (body: Buffer, token = TOKEN) => createHmac('sha256', token).update(body).digest('base64');

/** Chance that is the same for the same seed (mulberry32). */
class Dice {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  upTo(count: number): number {
    return Math.floor(this.next() * count);
  }

  of<T>(...choices: readonly [T, ...T[]]): T {
    return choices[this.upTo(choices.length)] ?? choices[0];
  }
}

type Maker = (dice: Dice, number: number) => Omit<Call, 'kind'>;

const UNAUTHORIZED = [401];
const ACCEPTED = [200];
const signedBy = (body: Buffer) => ({ 'intuit-signature': sign(body) });

const cloudEvent = (dice: Dice, id: string, patch: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id,
  source: 'intuit.x',
  type: `qbo.${dice.of('invoice', 'customer', 'payment', 'item')}.${dice.of('created', 'updated', 'void')}.v1`,
  time: new Date(1_700_000_000_000 + dice.upTo(1e9)).toISOString(),
  intuitentityid: String(dice.upTo(5_000)),
  intuitaccountid: dice.of('101', '102'),
  data: {},
  ...patch,
});

function notification(dice: Dice, number: number): { body: Buffer; events: string[] } {
  const events = Array.from({ length: 1 + dice.upTo(3) }, (_, index) => `e${number}-${index}`);
  return { body: Buffer.from(JSON.stringify(events.map((id) => cloudEvent(dice, id)))), events };
}

/** Something is different from what was signed: one bit, the end, the beginning, the order. */
function mutated(dice: Dice, body: Buffer): Buffer {
  const copy = Buffer.from(body);
  switch (dice.upTo(4)) {
    case 0: {
      const at = dice.upTo(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << dice.upTo(8));
      return copy;
    }
    case 1:
      return copy.subarray(0, dice.upTo(copy.length));
    case 2:
      return Buffer.concat([copy, Buffer.from(dice.of(' ', '\n', '\0', ']'))]);
    default:
      return Buffer.concat([Buffer.from(dice.of(' ', '\ufeff', '[')), copy]);
  }
}

/** Not the text that the token makes of the body, though some of it decodes to the same bytes. */
function misspelled(dice: Dice, signature: string): string | string[] {
  return dice.of<string | string[]>(
    '',
    signature.slice(0, -1),
    `${signature}=`,
    `${signature}, ${signature}`,
    [signature, signature],
    `"${signature}"`,
    `sha256=${signature}`,
    signature.toLowerCase(),
    Buffer.from(signature, 'base64').toString('hex'),
    `${signature.slice(0, 20)}\u00a0${signature.slice(20)}`,
    '\ud800',
    'A'.repeat(10_000),
  );
}

const odd = [
  '12\u0000',
  '\u001b[31m',
  '1\ud800',
  '\udc00',
  'a\nb',
  2 ** 60,
  1.5,
  null,
  {},
  [],
  true,
  '',
  'x'.repeat(500),
];

const nested = [
  Buffer.from('['.repeat(MIB / 2) + ']'.repeat(MIB / 2)),
  Buffer.from(`[${'{},'.repeat(19_000)}{}]`),
  Buffer.from(`[${'[],'.repeat(340_000)}[]]`),
  Buffer.from(`{${Array.from({ length: 80_000 }, (_, index) => `"k${index}":1`).join(',')}}`),
  Buffer.from(`[${Array.from({ length: 19_000 }, (_, index) => `{"key-number-${index}":1}`).join(',')}]`),
  Buffer.from(`{"eventNotifications":[${'{"dataChangeEvent":null},'.repeat(19_000)}{}]}`),
  Buffer.from(`{"eventNotifications":[{"realmId":${'['.repeat(200_000)}`),
  Buffer.from(`["${'\\u0041'.repeat(170_000)}"]`),
  Buffer.from(`["${'\\"'.repeat(500_000)}"]`),
  Buffer.from('"'.repeat(MIB)),
  Buffer.from(' '.repeat(MIB)),
].map((body) => ({ body, headers: signedBy(body) }));

const huge = Buffer.alloc(2 * MIB, 0x20);
const full = Buffer.alloc(MIB, 0x20);
const bombs = [
  { encoding: 'gzip', body: gzipSync(huge) },
  { encoding: 'br', body: brotliCompressSync(huge) },
  { encoding: 'gzip, gzip', body: gzipSync(gzipSync(huge)) },
  { encoding: 'GZIP', body: gzipSync(huge) },
  { encoding: 'x-unheard-of', body: Buffer.from('?') },
].map(({ encoding, body }) => ({ body, headers: { ...signedBy(body), 'content-encoding': encoding } }));

/** Of the parts in ten thousand that their weight says. */
const makers: Readonly<Record<string, { weight: number; make: Maker }>> = {
  unsigned: {
    weight: 4_500,
    make: (dice, number) => ({ ...notification(dice, number), headers: {}, right: UNAUTHORIZED, events: [] }),
  },
  forged: {
    weight: 2_000,
    make: (dice, number) => {
      const { body } = notification(dice, number);
      const headers = {
        'intuit-signature': sign(body, dice.of('guess', '', TOKEN.toUpperCase(), `${TOKEN} `)),
      };
      return { body, headers, right: UNAUTHORIZED, events: [] };
    },
  },
  mutated: {
    weight: 800,
    make: (dice, number) => {
      const { body } = notification(dice, number);
      return { body: mutated(dice, body), headers: signedBy(body), right: UNAUTHORIZED, events: [] };
    },
  },
  misspelled: {
    weight: 500,
    make: (dice, number) => {
      const { body } = notification(dice, number);
      const headers = { 'intuit-signature': misspelled(dice, sign(body)) };
      return { body, headers, right: UNAUTHORIZED, events: [] };
    },
  },
  compressed: {
    weight: 1_500,
    make: (dice) => ({ ...dice.of(bombs[0]!, ...bombs.slice(1)), right: [415], events: [] }),
  },
  'declared too large': {
    weight: 300,
    make: (dice) => {
      const length = dice.of(String(MIB + 1), '99999999999', '1e9');
      return {
        body: full,
        headers: { ...signedBy(full), 'content-length': length },
        right: [413],
        events: [],
      };
    },
  },
  huge: {
    weight: 2,
    make: () => ({ body: huge, headers: { 'intuit-signature': 'x' }, right: [413], events: [] }),
  },
  'as large as may be': {
    weight: 2,
    make: () => ({
      body: full,
      headers: { 'intuit-signature': 'x'.repeat(44) },
      right: UNAUTHORIZED,
      events: [],
    }),
  },
  'cut off': {
    weight: 10,
    make: (dice, number) => {
      const { body } = notification(dice, number);
      return { body, headers: signedBy(body), cutOff: true, right: [408], events: [] };
    },
  },
  valid: {
    weight: 150,
    make: (dice, number) => {
      const { body, events } = notification(dice, number);
      const spelled = dice.of({}, { 'content-encoding': 'identity' }, { 'content-type': 'text/xml' });
      return { body, headers: { ...signedBy(body), ...spelled }, right: ACCEPTED, events };
    },
  },
  replayed: {
    weight: 50,
    make: () => {
      // The same for every seed and number: it comes again and again.
      const { body, events } = notification(new Dice(1), -1);
      return { body, headers: signedBy(body), right: ACCEPTED, events };
    },
  },
  'of a foreign company': {
    weight: 50,
    make: (dice, number) => {
      const events = [
        cloudEvent(dice, `f${number}`, { intuitaccountid: dice.of('3', '101 ', '0101', '101\u200b') }),
      ];
      const body = Buffer.from(JSON.stringify(events));
      return { body, headers: signedBy(body), right: ACCEPTED, events: [] };
    },
  },
  'of odd types': {
    weight: 60,
    make: (dice, number) => {
      const member = dice.of('id', 'type', 'time', 'intuitentityid', 'intuitaccountid', 'data');
      const value = odd[dice.upTo(odd.length)];
      const good = `o${number}`;
      const bad = cloudEvent(dice, `p${number}`, { [member]: value, intuitaccountid: '3' });
      const events = [bad, dice.of<unknown>(null, 7, 'x', bad), cloudEvent(dice, good)];
      const body = Buffer.from(JSON.stringify(events));
      return { body, headers: signedBy(body), right: ACCEPTED, events: [good] };
    },
  },
  'of odd kinds': {
    weight: 35,
    make: (dice, number) => {
      const type = dice.of(
        'qbo.constructor.updated.v1',
        'qbo.__proto__.updated.v1',
        'qbo',
        '',
        '.',
        'qbo.budget.x.v9',
      );
      const body = Buffer.from(JSON.stringify([cloudEvent(dice, `k${number}`, { type })]));
      return { body, headers: signedBy(body), right: ACCEPTED, events: [] };
    },
  },
  'no notification': {
    weight: 40,
    make: (dice, number) => {
      const text = dice.of(
        '',
        'null',
        '{}',
        '<Fault/>',
        '{"eventNotifications":',
        '7',
        `{"a":${number}}`,
        '[1,]]',
      );
      const body = Buffer.from(text);
      return { body, headers: signedBy(body), right: [400], events: [] };
    },
  },
  nested: {
    weight: 1,
    make: (dice) => ({ ...dice.of(nested[0]!, ...nested.slice(1)), right: [200, 400, 413], events: [] }),
  },
};

const kinds = Object.entries(makers);
const total = kinds.reduce((sum, [, { weight }]) => sum + weight, 0);

export function callOf(dice: Dice, number: number): Call {
  let at = dice.upTo(total);
  for (const [kind, { weight, make }] of kinds) {
    if (at < weight) return { kind, ...make(dice, number) };
    at -= weight;
  }
  throw new Error('The weights do not add up');
}

/** The body in a few pieces, as a socket gives it. */
function streamOf({ body, cutOff = false }: Call, dice: Dice): Readable {
  const size = Math.max(1, Math.ceil(body.length / (1 + dice.upTo(3))));
  let at = 0;
  return new Readable({
    read() {
      if (cutOff && at > 0) this.destroy();
      else if (at >= body.length) this.push(null);
      else this.push(body.subarray(at, (at += Math.min(size, 64 * 1024))));
    },
  });
}

export interface Flood {
  accepted: number;
  refused: number;
  /** What was not answered as it should have been: kind, and status. */
  wrong: string[];
  /** Events that the store must hold, no more and no fewer. */
  events: ReadonlySet<string>;
}

export interface FloodOptions {
  requests: number;
  seed: number;
  /** Only calls of this kind. */
  only?: string;
  /** After every call. */
  onCall?: (done: number) => void | Promise<void>;
}

/** Lets generated calls loose on the webhook of a node, many at once, and compares every answer to what is right. */
export async function flood({ requests, seed, only, onCall }: FloodOptions): Promise<Flood> {
  const dice = new Dice(seed);
  const nodeId = randomUUID();
  const events = new Set<string>();
  const result = { accepted: 0, refused: 0, wrong: [] as string[], events };
  let begun = 0;
  let done = 0;
  const worker = async () => {
    while (begun < requests) {
      const number = seed * 1e9 + begun++;
      const call =
        only === undefined ? callOf(dice, number) : { kind: only, ...makers[only]!.make(dice, number) };
      const status = await answerTo(call, dice, nodeId);
      if (status === 200) result.accepted++;
      else result.refused++;
      const isProven = status !== 200 || call.headers['intuit-signature'] === sign(call.body);
      if (!call.right.includes(status) || !isProven) result.wrong.push(`${call.kind}: ${status}`);
      if (status === 200) for (const id of call.events) events.add(id);
      await onCall?.(++done);
      await nextLoop();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return result;
}

async function answerTo(call: Call, dice: Dice, nodeId: string): Promise<number> {
  const request = Object.assign(streamOf(call, dice), { headers: call.headers });
  const { context, answered } = fakeNode({ credentials, nodeId, request });
  await receiveWebhook.call(context as IWebhookFunctions);
  const [status, ...more] = answered;
  return more.length === 0 ? (status ?? 0) : -1;
}

/** The two companies whose events the flood brings. */
export async function createConnections(store: OpenStore): Promise<void> {
  await store.connections.create(connectionOf('a', '101'));
  await store.connections.create(connectionOf('b', '102'));
}

/** How many events the store holds of them. */
export async function eventsIn(store: OpenStore): Promise<number> {
  const counts = await Promise.all(['a', 'b'].map((id) => store.queue.counts(id)));
  return counts.reduce((sum, { pending }) => sum + pending, 0);
}
