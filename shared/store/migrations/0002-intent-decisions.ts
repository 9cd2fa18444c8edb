import type { Migration } from './index';

/** What a write was decided by is kept with it: a worker that dies after sending leaves its reasons behind. */
export const intentDecisions: Migration = {
  version: 2,
  name: 'intent-decisions',
  statements: ({ text }) => [`ALTER TABLE intents ADD COLUMN decisions ${text}`],
};
