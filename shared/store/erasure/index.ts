import type { ErasureStore } from '../../ports';
import type { StoreContext } from '../context';
import { createConnectionErasure } from './connection';
import { createPersonErasure } from './person';

/** Takes data out of the store for good, and leaves on record that it did. */
export const createErasureStore = (context: StoreContext): ErasureStore => ({
  connection: createConnectionErasure(context),
  person: createPersonErasure(context),
});
