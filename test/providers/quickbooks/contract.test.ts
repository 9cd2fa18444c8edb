import { runProviderContract } from '../../contract/provider';
import { Samples } from './samples';
import { simulate } from './simulated';

const RESOURCE: Readonly<Record<string, string>> = {
  account: 'Account',
  item: 'Item',
  customer: 'Customer',
  invoice: 'Invoice',
  credit_note: 'CreditMemo',
  payment: 'Payment',
};

/** A field of every resource that a person may change, and that no sample edit touches. */
const EDIT: Readonly<Record<string, Record<string, unknown>>> = {
  Account: { Description: 'edited there' },
  Item: { Description: 'edited there' },
  Customer: { Notes: 'edited there' },
};

for (const country of ['US', 'GB']) {
  runProviderContract({
    name: `QuickBooks Online (${country})`,
    make: async () => {
      const { simulator, side, realmId, calls, close } = await simulate({}, { country });
      const { control } = simulator;
      const codes = control.records('TaxCode', realmId);
      const samples = new Samples(side, country === 'US' ? 'NON' : String(codes[0]?.Id));
      return {
        side,
        sample: (entity, n) => samples.of(entity, n),
        edit: (entity) => samples.edit(entity),
        editThere: async (entity, id) => {
          const resource = RESOURCE[entity] ?? '';
          const patch = EDIT[resource] ?? { PrivateNote: 'edited there' };
          control.edit({ realmId, entity: resource, id, patch });
          return Promise.resolve();
        },
        loseNextAnswer: async (entity) => {
          control.addFaults({
            match: { operation: 'create', entity: RESOURCE[entity] ?? '' },
            effect: { kind: 'drop-after-commit' },
          });
          return Promise.resolve();
        },
        calls: () => ({ read: calls.read, write: calls.write }),
        close,
      };
    },
  });
}
