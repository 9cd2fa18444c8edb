import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import { decide as decideRecord, type DecideInput } from '../../../shared/sync/decide';
import { medianMicros } from '../measure';
import { atLeast, type BenchSuite } from '../result';
import { editedInvoice, sampleInvoice } from '../samples';
import { everything } from '../../support/capability';

function inputOf(base: Fields, app: Fields, ledger: Fields): DecideInput {
  return {
    entity: entityNamed('invoice'),
    connectionId: 'c1',
    base: { schemaVersion: 1, state: 'live', fields: base },
    app: { state: 'live', fields: app },
    ledger: { state: 'live', fields: ledger },
    capabilities: { app: everything, ledger: everything },
    policy: {
      version: 1,
      rules: [{ connectionId: 'c1', entity: 'invoice', field: 'dueDate', winner: 'app' }],
    },
    resolution: null,
    uncertain: null,
    doubtful: new Set(),
    open: new Set(),
  };
}

export const decide: BenchSuite = {
  name: 'decide',
  about: 'Decisions on an invoice of three lines, one worker',
  async run() {
    const [base, edited] = [sampleInvoice(3), editedInvoice(3)];
    const apart = { ...base, dueDate: '2027-01-31', privateNote: 'Paid by card' };
    const cases: Record<string, DecideInput> = {
      'nothing moved': inputOf(base, structuredClone(base), structuredClone(base)),
      'edits on one side': inputOf(base, structuredClone(base), edited),
      'edits on both sides, one apart': inputOf(base, apart, edited),
    };
    const times = medianMicros(
      Object.fromEntries(Object.entries(cases).map(([name, input]) => [name, () => decideRecord(input)])),
    );
    return Object.entries(times).map(([name, micros]) => atLeast(name, 'per second', 1e6 / micros, 20_000));
  },
};
