import { SeededRandom } from '../random';

/** Promises that are given up settle nothing; whoever waits for one of these waits for ever, as the dead do. */
export const never = (): Promise<never> => new Promise(() => {});

/** How many turns of the microtask queue the others get to reach their next call. */
const TICKS = 6;
const MAX_IDLE = 20_000;

/** Several workers at once: each call waits for its turn, and a seeded choice says whose turn it is. */
export class Turns {
  private readonly parked: (() => void)[] = [];
  private readonly random: SeededRandom;

  constructor(order: number) {
    this.random = new SeededRandom(order);
  }

  take(): Promise<void> {
    return new Promise((resolve) => this.parked.push(resolve));
  }

  /** Until all are done; they must wait for nothing but their turns and each other. */
  async play(tasks: readonly Promise<unknown>[]): Promise<void> {
    let running = tasks.length;
    const done = () => void running--;
    const all = tasks.map((task) => task.finally(done));
    for (let idle = 0; running > 0; idle++) {
      for (let tick = 0; tick < TICKS; tick++) await Promise.resolve();
      if (this.parked.length > 0) {
        idle = 0;
        const [next] = this.parked.splice(this.random.below(this.parked.length), 1);
        next?.();
      } else if (idle > MAX_IDLE) throw new Error('the workers wait for something that never comes');
      // A real database needs the event loop to answer.
      else await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
  }
}
