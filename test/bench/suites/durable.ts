import type { BenchSuite } from '../result';
export const durable: BenchSuite = { name: 'durable', about: '', run: async () => [] };
