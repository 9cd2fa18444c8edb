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
    'arrives where somebody answered its webhook while n8n was starting',
    told(async () => {
      stage.mute();
      await stage.n8n.stop();
      const restarted = stage.n8n.restart();
      // n8n listens long before its workflows are published, and says 200 "starting up" to some of what comes then.
      const answer = async () =>
        (await fetch(stage.webhookUrl, { method: 'POST', body: '[]' }).catch(() => null))?.status;
      await until('n8n listens', 60_000, async () => (await answer()) !== undefined);
      edit('told to an n8n that was starting');
      await restarted;
      await appSays('told to an n8n that was starting');
    }),
  );
});
