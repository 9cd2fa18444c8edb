import { createHash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import { entityNamed } from '../../../shared/schema/entities';
import { hashFields } from '../../../shared/sync/identity';
import { medianMicros } from '../measure';
import { compared, type BenchResult, type BenchSuite } from '../result';
import { sampleInvoice } from '../samples';

const invoice = entityNamed('invoice');

export const hash: BenchSuite = {
  name: 'hash',
  about: 'The hash of what an invoice says',
  async run(progress) {
    const results: BenchResult[] = [];
    for (const lines of [3, 50]) {
      progress(`${lines} lines`);
      const record = sampleInvoice(lines);
      const name = 'safe-stable-stringify + sha256';
      const times = medianMicros({
        ours: () => hashFields(invoice, record),
        [name]: () =>
          createHash('sha256')
            .update(stringify(record) as string)
            .digest('hex'),
      });
      results.push(
        compared(
          `${lines} lines`,
          'us',
          times['ours'] as number,
          { name, value: times[name] as number },
          0.5,
        ),
      );
    }
    return results;
  },
};
