import { performance } from 'node:perf_hooks';
import { TransientError } from '../errors';

/** A time by which a caller has its answer, whatever becomes of the work. */
export interface Deadline {
  leftMs(): number;
  /** As the work ends, or TransientError at the deadline; what the work comes to later is nobody's concern. */
  of<T>(work: Promise<T>): Promise<T>;
}

export function deadlineIn(ms: number): Deadline {
  const at = performance.now() + ms;
  const leftMs = () => Math.max(0, at - performance.now());
  return {
    leftMs,
    of: async (work) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new TransientError(`The store did not answer within ${ms / 1_000} s`)),
          leftMs(),
        );
      });
      try {
        return await Promise.race([work, late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
