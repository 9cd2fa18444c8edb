import { openStore } from '../../../shared/store';
import { aConnection, anEvent, T0 } from '../../contract/storeSupport';
import { testRandom } from './random';

/** Appends for ever, eight at a time, and writes down each record that was acknowledged. Made to be killed. */
async function main(path: string): Promise<void> {
  const store = await openStore({ kind: 'sqlite', path, random: testRandom() });
  await store.connections.create(aConnection());
  let count = 0;
  const append = async (): Promise<void> => {
    for (;;) {
      const value = ++count;
      const checkpoint = { connectionId: 'c1', name: 'last', value };
      await store.queue.append([anEvent(`r${value}`)], { now: T0, checkpoint });
      process.stdout.write(`r${value}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, append));
}

void main(process.argv[2]!);
