import { renameSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { callWebhook } from './host/webhookCall';
import { Stage, tellingOf } from './stage';
import { editInApp, editInQuickBooks, type Scene } from './story';

/** Attacks and faults on a real n8n that is at work. What is bad in itself is in badInput.e2e.ts. */
const FORGED = '2026-01-01 00:00:00 | error | FORGED: everything is fine';
const REFLECT_MS = 60_000;

let stage: Stage;
const told = tellingOf(() => stage);
let invoices: Scene['invoice'][];

beforeAll(async () => {
  stage = await Stage.open();
  await stage.firstImport();
  await stage.goLive();
  const all = stage.quickBooks.records('Invoice') as unknown as { Id: string; DocNumber: string }[];
  invoices = await Promise.all(all.map(sharedInvoice));
});
afterAll(() => stage?.close());

async function sharedInvoice({
  Id,
  DocNumber,
}: {
  Id: string;
  DocNumber: string;
}): Promise<Scene['invoice']> {
  const link = await stage.linkOf('invoice', 'ledger', Id);
  return { appId: link?.app.id ?? '', ledgerId: Id, number: DocNumber };
}

const counts = async () => (await stage.store()).queue.counts((await stage.connection()).id);
const invoice = (index: number) => invoices[index] as Scene['invoice'];

describe('sockets that say nothing', () => {
  const silent = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const { hostname, port, pathname } = new URL(stage.webhookUrl);
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n` +
            `Intuit-Signature: AAAA\r\nContent-Length: 900000\r\n\r\n[`,
        );
        resolve(socket);
      });
      socket.once('error', reject);
    });

  it(
    'in their hundreds are hung up on, and nobody else waits for them',
    told(async () => {
      await stage.quiet();
      const sockets = await Promise.all(Array.from({ length: 200 }, silent));
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.on('error', () => {}).resume();
      const health = await callWebhook(`${stage.n8n.url}/healthz`, { method: 'GET' });
      expect([health.status, health.latencyMs < 1_000]).toEqual([200, true]);
      await editInQuickBooks(stage, invoice(0), 'While two hundred sockets are silent');
      await Promise.all(closed);
    }),
    REFLECT_MS,
  );
});

describe('a page in front of QuickBooks', () => {
  it.each([302, 400, 403, 404, 407, 451, 502])(
    'with status %i fails no record and pauses nothing; what waited is written when the page is gone',
    told(async (status: number) => {
      await stage.quiet();
      const before = await counts();
      const day = String(1 + (status % 28)).padStart(2, '0');
      const headers = { 'content-type': 'text/html', location: 'https://portal.invalid/' };
      stage.quickBooks.addFaults({ times: 2, effect: { kind: 'page', status, headers } });
      await Promise.all(invoices.map((one) => editInApp(stage, one, `2032-03-${day}`)));
      await stage.quiet();
      expect(await counts()).toMatchObject({ dead: before.dead, held: before.held });
      expect(await stage.connection()).toMatchObject({ state: 'active', pausedReason: null });
    }),
    4 * REFLECT_MS,
  );
});

describe('text that would write lines of its own', () => {
  it(
    'does so in no line of the log',
    told(async () => {
      const from = stage.n8n.logs().length;
      stage.quickBooks.addFaults({
        match: { operation: 'create', entity: 'Customer' },
        times: 1,
        effect: { kind: 'page', status: 400, body: `<h1>Refused\r\n${FORGED}</h1>` },
      });
      await stage.appEdit('customer', 'forger', { displayName: 'Forger' });
      await stage.quiet();
      const lines = stage.n8n.logs().slice(from).split('\n');
      expect(lines).toContainEqual(expect.stringMatching(/^.*customer "Forger".*FORGED/));
      expect(lines.filter((line) => line.startsWith(FORGED.slice(0, 10)))).toEqual([]);
    }),
    REFLECT_MS,
  );
});

describe('the store of a running n8n', () => {
  it(
    'that is moved away acknowledges nothing more, and continues when it is back',
    told(async () => {
      await stage.quiet();
      const folder = join(stage.n8n.userFolder, '.n8n', 'accounting-sync');
      const [here, elsewhere] = [join(folder, 'store.sqlite'), join(folder, 'moved.sqlite')];
      const edit = { customerMemo: 'Into a store that is not there' };
      renameSync(here, elsewhere);
      const refused = await stage.appEdit('invoice', invoice(0).appId, edit);
      renameSync(elsewhere, here);
      expect(refused.status).toBe(503);
      expect(refused.text).not.toContain(stage.n8n.userFolder);
      await stage.n8n.restart();
      await editInApp(stage, invoice(0), '2032-04-01');
      const record = await stage.appRecord('invoice', invoice(0).appId);
      expect(record?.fields['customerMemo']).not.toBe(edit.customerMemo);
    }),
    2 * REFLECT_MS,
  );
});
