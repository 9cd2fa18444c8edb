import { median } from './measure';

/** One measured figure, beside its reference from the same run and its goal. */
export interface BenchResult {
  name: string;
  value: number;
  unit: string;
  /** The longest of the times that `value` is the median of. */
  worst?: number;
  reference?: { name: string; value: number };
  /** value / reference. */
  ratio?: number;
  goal?: string;
  met?: boolean;
}

export interface BenchSuite {
  name: string;
  about: string;
  run(progress: (text: string) => void): Promise<BenchResult[]>;
}

/** Three significant digits: more is noise. */
export const rounded = (value: number) => Number(value.toPrecision(3));

/** Against a reference of the same run: met when value / reference is at most `atMost`. */
export function compared(
  name: string,
  unit: string,
  value: number,
  reference: { name: string; value: number },
  atMost?: number,
): BenchResult {
  const ratio = value / reference.value;
  return {
    name,
    value: rounded(value),
    unit,
    reference: { name: reference.name, value: rounded(reference.value) },
    ratio: rounded(ratio),
    ...(atMost === undefined ? {} : { goal: `at most ${atMost} x ${reference.name}`, met: ratio <= atMost }),
  };
}

/** A rate with a lower bound. */
export function atLeast(name: string, unit: string, value: number, goal: number): BenchResult {
  return { name, value: rounded(value), unit, goal: `at least ${goal}`, met: value >= goal };
}

/** Times of which the median keeps an upper bound, beside those of a smaller case. The worst is told as well. */
export function below(
  name: string,
  unit: string,
  times: number[],
  goal: number,
  reference: { name: string; times: number[] },
): BenchResult {
  const [value, worst, small] = [median(times), Math.max(...times), median(reference.times)];
  return {
    name,
    value: rounded(value),
    unit,
    worst: rounded(worst),
    reference: { name: reference.name, value: rounded(small) },
    ratio: rounded(value / small),
    goal: `below ${goal}`,
    met: value < goal,
  };
}
