/** Median time of one call in microseconds; several tasks take turns, so that all see the same machine. */
export function medianMicros(
  tasks: Record<string, () => unknown>,
  roundMs = 40,
  rounds = 15,
): Record<string, number> {
  const times = new Map<string, number[]>(Object.keys(tasks).map((name) => [name, []]));
  const counts = new Map<string, number>();
  for (const [name, task] of Object.entries(tasks)) counts.set(name, calibrate(task, roundMs));
  for (let round = 0; round < rounds; round++) {
    for (const [name, task] of Object.entries(tasks)) {
      const count = counts.get(name) as number;
      const start = process.hrtime.bigint();
      for (let i = 0; i < count; i++) keep(task());
      times.get(name)?.push(Number(process.hrtime.bigint() - start) / 1000 / count);
    }
  }
  return Object.fromEntries([...times].map(([name, all]) => [name, median(all)]));
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function calibrate(task: () => unknown, roundMs: number): number {
  let count = 1;
  for (;;) {
    const start = performance.now();
    for (let i = 0; i < count; i++) keep(task());
    const took = performance.now() - start;
    if (took >= roundMs) return count;
    count = Math.max(count * 2, Math.ceil((count * roundMs) / Math.max(took, 0.01)));
  }
}

let kept: unknown;
/** Keeps the optimiser from dropping work whose result nobody reads. */
function keep(value: unknown): void {
  kept = value;
}
export const lastKept = () => kept;
