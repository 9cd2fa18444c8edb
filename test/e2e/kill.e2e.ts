import { playKills } from './killing/kills';
import { Stage, tellingOf } from './stage';

let stage: Stage;
const told = tellingOf(() => stage);

beforeAll(async () => {
  stage = await Stage.open();
  await stage.firstImport();
  await stage.goLive();
});
afterAll(() => stage?.close());

describe('nothing is lost and nothing is doubled', () => {
  it(
    'when n8n is killed under load three times, with bad answers and bad webhooks',
    told(async () => {
      const report = await playKills(stage, { kills: 3, seed: 3, say: () => {} });
      expect(report).toMatchObject({ lost: [], doubled: [], unexpected: [], auditBrokenAt: null });
      expect(Math.min(report.acknowledged.app, report.acknowledged.quickBooks)).toBeGreaterThan(5);
    }),
    // The webhooks that a dead n8n has missed come one by one afterwards, and a slow machine takes its time.
    900_000,
  );
});
