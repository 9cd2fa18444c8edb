import type { Fault, Schedule, Step } from './schedule/steps';

/** Whether a schedule still shows what is looked for. */
export type Shows = (schedule: Schedule) => Promise<boolean>;

/**
 * The same failure with as few steps, faults and interruptions as can be found before `until` (epoch ms):
 * stretches first, then single ones, and again as long as something goes.
 */
export async function shrink(schedule: Schedule, shows: Shows, until: number): Promise<Schedule> {
  let smallest = schedule;
  for (let before = Infinity; sizeOf(smallest.steps) < before && Date.now() < until; ) {
    before = sizeOf(smallest.steps);
    for (const take of [withoutStretches, withoutFaults]) smallest = await take(smallest, shows, until);
  }
  return smallest;
}

/** Steps, with those inside of others. */
export const sizeOf = (steps: readonly Step[]): number =>
  steps.reduce(
    (sum, step) =>
      sum + 1 + faultsOf(step).reduce((inner, fault) => inner + 1 + sizeOf(fault.steps ?? []), 0),
    0,
  );

const faultsOf = (step: Step): readonly Fault[] => ('faults' in step ? step.faults : []);

async function withoutStretches(schedule: Schedule, shows: Shows, until: number): Promise<Schedule> {
  let smallest = schedule;
  for (let size = Math.ceil(schedule.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.steps.length && Date.now() < until; ) {
      const fewer = { ...smallest, steps: smallest.steps.toSpliced(at, size) };
      if (await shows(fewer)) smallest = fewer;
      else at += size;
    }
  }
  return smallest;
}

/** Takes away single faults, and then what happens inside of those that stay. */
async function withoutFaults(schedule: Schedule, shows: Shows, until: number): Promise<Schedule> {
  let smallest = schedule;
  for (let at = 0; at < smallest.steps.length; at++) {
    for (let which = 0; which < faultsOf(smallest.steps[at] as Step).length && Date.now() < until; ) {
      const fewer = edited(smallest, at, (faults) => faults.toSpliced(which, 1));
      if (await shows(fewer)) {
        smallest = fewer;
        continue;
      }
      smallest = await withoutInterruptions(smallest, at, which, shows);
      which++;
    }
  }
  return smallest;
}

async function withoutInterruptions(
  schedule: Schedule,
  at: number,
  which: number,
  shows: Shows,
): Promise<Schedule> {
  let smallest = schedule;
  for (let inner = 0; ; ) {
    const fault = faultsOf(smallest.steps[at] as Step)[which];
    if (!fault?.steps || inner >= fault.steps.length) return smallest;
    const steps = fault.steps.toSpliced(inner, 1);
    const fewer = edited(smallest, at, (faults) => faults.with(which, { ...fault, steps }));
    if (await shows(fewer)) smallest = fewer;
    else inner++;
  }
}

function edited(schedule: Schedule, at: number, edit: (faults: Fault[]) => Fault[]): Schedule {
  const step = schedule.steps[at] as Extract<Step, { faults: Fault[] }>;
  return { ...schedule, steps: schedule.steps.with(at, { ...step, faults: edit(step.faults) }) };
}
