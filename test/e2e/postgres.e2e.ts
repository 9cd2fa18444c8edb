import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, type RunningPostgres } from '../support/postgres';
import { Stage, tellingOf } from './stage';
import { editInApp, editInQuickBooks, newScene, story } from './story';

let postgres: RunningPostgres;
let stage: Stage;
const told = tellingOf(() => stage);
const scene = newScene();

beforeAll(async () => {
  postgres = await startPostgres();
  const { host, port, database, user, password } = postgres;
  stage = await Stage.open({
    store: { host, port, database, user, password, schema: 'books' },
  });
});
afterAll(async () => {
  await stage?.close();
  await postgres?.stop();
});

describe('the main job, with the store in PostgreSQL', () => {
  it.each(story.map((step) => [step.name, step] as const))(
    '%s',
    told(async (_name, step) => {
      await step.play(stage, scene);
    }),
  );
});

describe('a store in PostgreSQL', () => {
  it(
    'goes on after n8n was killed and started again',
    told(async () => {
      const [, second] = stage.quickBooks.records('Invoice') as { Id: string; DocNumber: string }[];
      const ledgerId = second?.Id ?? '';
      const appId = (await stage.linkOf('invoice', 'ledger', ledgerId))?.app.id ?? '';
      const invoice = { appId, ledgerId, number: second?.DocNumber ?? '' };
      await stage.n8n.kill();
      await stage.n8n.restart();
      await editInApp(stage, invoice, '2034-01-01');
      await editInQuickBooks(stage, invoice, 'After the restart');
    }),
  );

  it(
    'leaves nothing in an embedded store, an unbroken audit trail, and no password in the log',
    told(async () => {
      const store = await stage.store();
      expect(store.dialect).toBe('postgres');
      const { rows, brokenAt } = await store.audit.verify((await stage.connection()).id, { now: Date.now() });
      expect([rows > 0, brokenAt]).toEqual([true, null]);
      expect(existsSync(join(stage.n8n.userFolder, '.n8n', 'accounting-sync'))).toBe(false);
      expect(stage.n8n.logs()).not.toContain(postgres.password);
    }),
  );
});

describe('n8n on PostgreSQL', () => {
  it('keeps the store in a schema of its own in the same database, without anybody choosing', async () => {
    const { host, port, database, user, password } = postgres;
    const beside = await Stage.open({
      env: {
        DB_TYPE: 'postgresdb',
        DB_POSTGRESDB_HOST: host,
        DB_POSTGRESDB_PORT: String(port),
        DB_POSTGRESDB_DATABASE: database,
        DB_POSTGRESDB_USER: user,
        DB_POSTGRESDB_PASSWORD: password,
      },
    });
    try {
      const store = await beside.store();
      expect(store.location).toBe(`postgres://${host}:${port}/${database} (schema accounting_sync)`);
      expect(await store.connections.list()).toHaveLength(1);
      expect(existsSync(join(beside.n8n.userFolder, '.n8n', 'accounting-sync'))).toBe(false);
    } finally {
      await beside.close();
    }
  });
});
