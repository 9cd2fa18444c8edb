import type { Store } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { queueContract } from './storeQueue';
import { conflictContract } from './storeConflicts';
import { decisionLinkContract } from './storeDecisionLinks';
import { failedContract } from './storeFailed';
import { intakeContract } from './storeIntake';
import { leaseContract } from './storeLeases';
import { noticeContract } from './storeNotices';
import { recordContract } from './storeRecords';

/** What the contract asks for: the port, and the hint that there is work. */
export type ContractStore = Store & Pick<OpenStore, 'onAppended'>;

/** A database that tests open as often as they like. */
export interface TestDatabase {
  /** Another handle on the same store: its own connections, as another process would have. */
  open(): Promise<ContractStore>;
  /** Removes the database; handles that are still open are closed before. */
  dispose(): Promise<void>;
}

export interface StoreContract {
  name: string;
  /** An empty database. */
  make(): Promise<TestDatabase>;
}

/** What every test of the contract begins with. */
export interface Fixture {
  /** The store under test, fresh for each test. */
  store(): ContractStore;
  /** A second handle on the same database. */
  another(): Promise<ContractStore>;
}

/** What is counted is what is there, whatever a test has done. */
async function expectTrueCounts({ connections, queue }: Store): Promise<void> {
  for (const { id } of await connections.list()) {
    const counted = { pending: 0, waiting: 0, held: 0, settled: 0, dead: 0 };
    for (const { status } of await queue.list({ connectionId: id, limit: 1_000_000 })) counted[status]++;
    expect(await queue.counts(id)).toEqual(counted);
  }
}

/** What every store does, whatever it keeps its rows in. */
export function runStoreContract({ name, make }: StoreContract): void {
  describe(`${name} store`, () => {
    let database: TestDatabase;
    let handles: ContractStore[] = [];

    const open = async () => {
      const store = await database.open();
      handles.push(store);
      return store;
    };

    beforeEach(async () => {
      database = await make();
      handles = [];
      await open();
    });

    afterEach(async () => {
      await expectTrueCounts(await open());
      for (const store of handles) await store.close();
      await database.dispose();
    });

    const fixture: Fixture = { store: () => handles[0]!, another: open };
    recordContract(fixture);
    queueContract(fixture);
    leaseContract(fixture);
    conflictContract(fixture);
    decisionLinkContract(fixture);
    failedContract(fixture);
    noticeContract(fixture);
    intakeContract(fixture);
  });
}
