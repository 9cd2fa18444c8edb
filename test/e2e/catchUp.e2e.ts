import { setTimeout as sleep } from 'node:timers/promises';
import { Stage, tellingOf, until, type QuickBooksRecord } from './stage';

const REFLECT_MS = 30_000;

let stage: Stage;
const told = tellingOf(() => stage);
let customer: QuickBooksRecord;

beforeAll(async () => {
  stage = await Stage.open();
  await stage.firstImport();
  await stage.goLive();
  [customer] = stage.quickBooks.records('Customer') as [QuickBooksRecord];
});
afterAll(() => stage?.close());

const edit = (Notes: string) =>
  stage.quickBooks.edit({ entity: 'Customer', id: customer.Id, patch: { Notes } });

async function appSays(notes: string): Promise<void> {
  const link = await stage.linkOf('customer', 'ledger', customer.Id);
  await until(`the app has "${notes}"`, REFLECT_MS, async () => {
    const record = await stage.appRecord('customer', link?.app.id ?? '');
    return record?.fields['notes'] === notes;
  });
}

describe('what no webhook told of', () => {
  it(
    'arrives after n8n was down, without any further event',
    told(async () => {
      await stage.n8n.kill();
      stage.mute();
      edit('while n8n was down');
      await stage.n8n.restart();
      await appSays('while n8n was down');
    }),
  );

  it(
    'arrives where n8n answered its webhook with 200 "starting up"',
    told(async () => {
      stage.mute();
      await stage.n8n.stop();
      const answers: string[] = [];
      const restarted = stage.n8n.restart();
      let edited = false;
      while (answers.at(-1) !== 'published') {
        const answer = await fetch(stage.webhookUrl, { method: 'POST', body: '[]' }).catch(() => null);
        if (answer?.status === 200 && !edited) {
          // What QuickBooks would have sent now is gone: it has its 200.
          edit('answered by "starting up"');
          edited = true;
        }
        answers.push(answer === null ? 'down' : answer.status === 401 ? 'published' : String(answer.status));
        await sleep(20);
      }
      await restarted;
      expect(edited).toBe(true);
      await appSays('answered by "starting up"');
    }),
  );
});
