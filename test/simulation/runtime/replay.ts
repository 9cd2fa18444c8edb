import type { Command } from './arguments';
import { bundleFor } from './bundle';
import { plain } from './output';
import { listed, sentence, shortStory } from './story';
import { SimulationWorker } from './worker';

/** Tells the story of one schedule; the exit code. */
export async function replay({ token, mutant }: Extract<Command, { kind: 'replay' }>): Promise<number> {
  const worker = new SimulationWorker(bundleFor(mutant));
  try {
    const explanation = await worker.explain(token, mutant?.flaws ?? []);
    const { trace, violations, shrunk } = explanation;
    plain.out(
      `Schedule ${token}${mutant ? ` under ${mutant.name} (${mutant.breaks})` : ''}\n${listed(trace)}`,
    );
    if (violations.length === 0) {
      plain.out('It violates nothing.\n');
      return 0;
    }
    plain.out(violations.map(sentence).join(''));
    if (shrunk) plain.out(`\n${shortStory(explanation)}`);
    return 1;
  } finally {
    await worker.close();
  }
}
