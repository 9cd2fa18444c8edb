import { hostname } from 'node:os';
import { systemRandom } from '../../shared/system';

/** Who holds a lease: a new name for every run, as two runs of one process are two workers. */
export const newWorkerId = (): string => `${hostname()}/${process.pid}/${systemRandom.id()}`;
