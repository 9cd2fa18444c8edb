import * as fc from 'fast-check';
import type { AuditEntry } from '../../shared/ports';
import { replayAudit } from '../../shared/store/auditReplay';

const side = fc.record({
  id: fc.option(fc.string(), { nil: null }),
  version: fc.option(fc.string(), { nil: null }),
  asOf: fc.constant(null),
  echo: fc.constant(null),
});
const linkId = fc.constantFrom('l1', 'l2', 'l3', 'l4');
const entry: fc.Arbitrary<AuditEntry> = fc.record({
  kind: fc.constant('synced'),
  linkId: fc.option(linkId, { nil: null }),
  detail: fc.record(
    {
      link: fc.record({ app: side, ledger: side, lines: fc.constant([]) }, { requiredKeys: [] }),
      absorbed: linkId,
      decisions: fc.array(fc.string()),
    },
    { requiredKeys: [] },
  ),
});

describe('replaying the audit', () => {
  it('gives the same from the beginning and from any place on the way, whatever the rows say', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.array(fc.nat({ max: 20 })), (rows, places) => {
        let states = replayAudit([]);
        let from = 0;
        for (const place of [...places].sort((a, b) => a - b)) {
          // As the store keeps them between two runs.
          states = new Map(
            JSON.parse(JSON.stringify([...replayAudit(rows.slice(from, place), states)])) as never,
          );
          from = Math.max(from, place);
        }
        expect(replayAudit(rows.slice(from), states)).toEqual(replayAudit(rows));
      }),
    );
  });
});
