import type { Store } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { queueContract } from './storeQueue';
import { conflictContract } from './storeConflicts';
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
      for (const store of handles) await store.close();
      await database.dispose();
    });

    const fixture: Fixture = { store: () => handles[0]!, another: open };
    recordContract(fixture);
    queueContract(fixture);
    leaseContract(fixture);
    conflictContract(fixture);
    noticeContract(fixture);
    intakeContract(fixture);
  });
}
