import { compare } from 'fast-json-patch';
import microdiff from 'microdiff';
import { entityNamed } from '../../../shared/schema/entities';
import { diffFields } from '../../../shared/sync/diff';
import { medianMicros } from '../measure';
import { compared, type BenchResult, type BenchSuite } from '../result';
import { editedInvoice, sampleInvoice } from '../samples';

const invoice = entityNamed('invoice');

export const diff: BenchSuite = {
  name: 'diff',
  about: 'What differs between two states of an invoice',
  async run(progress) {
    const results: BenchResult[] = [];
    for (const lines of [3, 50]) {
      progress(`${lines} lines`);
      const [before, after] = [sampleInvoice(lines), editedInvoice(lines)];
      const times = medianMicros({
        ours: () => diffFields(invoice, before, after),
        'fast-json-patch': () => compare(before, after),
        microdiff: () => microdiff(before, after),
      });
      for (const name of ['fast-json-patch', 'microdiff'] as const) {
        const reference = { name, value: times[name] as number };
        const goal = name === 'fast-json-patch' ? 1 : undefined;
        results.push(compared(`${lines} lines`, 'us', times['ours'] as number, reference, goal));
      }
    }
    return results;
  },
};
