/**
 * Where engine, adapters and stores meet: all effects of the core go through these interfaces, so that a test
 * or a simulation can put anything behind them. Times are epoch milliseconds (`...At`, `now`) unless they are
 * a side's own clock, which stays an Instant.
 */
export type * from './decisionLinks';
export type * from './effects';
export type * from './erasure';
export type * from './retention';
export type * from './rows';
export type * from './side';
export type * from './store';
