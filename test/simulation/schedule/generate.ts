import type { SideName } from '../../../shared/ports';
import { mix, SeededRandom } from '../random';
import { formatToken, type Token } from '../token';
import { appRecords, exotic, ledgers } from '../twin/profiles';
import { FITS } from './fits';
import type { CallKind, Companion, Fault, FaultKind, Schedule, Step, Variant } from './steps';
import { isBoosted, topics, type Topic } from './topics';

const SIDES = ['app', 'ledger'] as const;

/** The schedule that a token names; the same for ever within one version of the generator. */
export const scheduleOf = (token: Token): Schedule => new Generator(token).schedule();

class Generator {
  private readonly random: SeededRandom;
  private readonly weight = new Map<Topic, number>();

  constructor(private readonly token: Token) {
    this.random = new SeededRandom(mix(token.seed, token.index));
    // Each schedule likes some things and knows nothing of others: rare ones meet more often so.
    for (const topic of topics) {
      const taste = this.random.chance(0.35) ? 0 : this.random.chance(0.25) ? 3 : 1;
      this.weight.set(topic, isBoosted(token.boost, topic) ? 3 : taste);
    }
  }

  schedule(): Schedule {
    const { random } = this;
    const variant = this.variant();
    const steps: Step[] = Array.from({ length: 1 + random.below(3) }, () => this.add());
    const isOfOneCustomer = this.sometimes('policy', 0.1);
    if (isOfOneCustomer) steps.unshift(...this.customersWithInvoices());
    if (this.sometimes('policy', 0.2)) steps.push(...this.policies());
    // Most schedules begin with records that are in step.
    if (random.chance(0.75)) {
      steps.push({ step: 'hear', pick: 0, count: 10, again: false, shuffled: false });
      steps.push({ step: 'run', faults: this.sometimes('crash', 0.1) ? this.faults() : [], lanes: 1 });
      if (random.chance(0.7)) steps.push({ step: 'wait', ms: 70_000 }, { step: 'run', faults: [], lanes: 4 });
    }
    if (isOfOneCustomer) steps.push(...this.ruleOfOneCustomer());
    const more = random.pick([2, 4, 6, 9, 14]);
    for (let i = 0; i < more; i++) steps.push(this.step());
    return { token: formatToken(this.token), variant, steps };
  }

  private variant(): Variant {
    const { random } = this;
    const strange = this.sometimes('exotic', 0.35);
    const provider = random.pick(ledgers);
    const ledger = strange ? exotic(random, provider) : provider;
    const skewed = random.chance(0.2);
    const pair = random.chance(0.1) ? { ...random.pick(ledgers), readLagMs: 0 } : appRecords;
    const app = strange && random.chance(0.3) ? exotic(random, pair) : pair;
    return {
      app,
      ledger: skewed ? { ...ledger, skewMs: random.pick([-300_000, 300_000]) } : ledger,
      lossy: this.sometimes('lossy', 0.25),
      taste: random.below(1_000),
      frozen: random.chance(0.02),
    };
  }

  private step(): Step {
    return this.choose<() => Step>([
      ['add', 1.2, () => this.add()],
      ['edit', 4, () => this.edit()],
      ['lines', 2, () => this.lines()],
      ['refer', 0.6, () => ({ step: 'refer', side: this.side(), pick: this.pick(), to: this.pick() })],
      ['refer', 0.4, () => ({ step: 'arrive', pick: this.pick() })],
      ['pay', 0.7, () => ({ step: 'pay', side: this.side(), pick: this.pick(), part: this.pick() })],
      ['remove', 0.8, () => this.remove()],
      ['reopen', 0.2, () => ({ step: 'reopen', side: this.side(), pick: this.pick() })],
      ['merge', 0.25, () => ({ step: 'merge', side: this.side(), pick: this.pick(), into: this.pick() })],
      [null, 3, () => this.hear()],
      ['forge', 0.15, () => ({ step: 'forge', side: this.side(), pick: this.pick() })],
      [null, 4.5, () => this.run()],
      ['together', 0.7, () => this.together()],
      [
        'sweep',
        0.4,
        () => ({ step: 'sweep', who: this.random.pick(['poll', 'reconcile', 'replay', 'import'] as const) }),
      ],
      [
        'wait',
        1.2,
        () => ({ step: 'wait', ms: this.random.pick([1, 1_000, 3_000, 70_000, 400_000, 90_000_000]) }),
      ],
      ['decide', 1, () => this.decide()],
      ['policy', 0.5, () => this.policy()],
      ['revoked', 0.15, () => ({ step: 'restore' })],
      [
        'rate_limit',
        0.15,
        () => ({
          step: 'limit',
          side: this.side(),
          ms: this.random.pick([500, 20_000, 1_800_000]),
          silent: this.random.chance(0.4),
        }),
      ],
      [
        'outage',
        0.15,
        () => ({ step: 'outage', side: this.side(), ms: this.random.pick([30_000, 1_200_000]) }),
      ],
      ['budget', 0.1, () => ({ step: 'budget', side: this.side(), reads: this.random.below(6) })],
    ])();
  }

  private add(): Step {
    const kinds: [Topic | null, number, number][] = [
      [null, 3, 0],
      [null, 4, 1],
      ['payment', 1, 2],
      ['item', 0.7, 3],
      ['credit_note', 0.6, 4],
    ];
    return {
      step: 'add',
      side: this.side(),
      entity: this.choose(kinds),
      pick: this.pick(),
      twin: this.sometimes('twin', 0.12),
      early: this.sometimes('refer', 0.1),
    };
  }

  private edit = (): Extract<Step, { step: 'edit' }> => ({
    step: 'edit',
    side: this.side(),
    pick: this.pick(),
    field: this.pick(),
    clear: this.sometimes('clear', 0.12),
    back: this.sometimes('back', 0.1),
  });

  private lines = (): Step => ({
    step: 'lines',
    side: this.side(),
    pick: this.pick(),
    // Mostly amounts, so that two people meet in one.
    way: Math.min(5, this.random.below(8)),
    at: this.pick(),
  });

  private remove = (): Step => ({
    step: 'remove',
    side: this.side(),
    pick: this.pick(),
    state: this.random.below(3),
  });

  private hear = (): Step => ({
    step: 'hear',
    pick: this.pick(),
    count: 1 + this.random.below(5),
    again: this.random.chance(0.15),
    shuffled: this.random.chance(0.3),
  });

  private run = (): Step => ({
    step: 'run',
    faults: this.random.chance(0.3) ? [] : this.faults(),
    lanes: this.random.pick([1, 1, 4]),
    hears: this.random.chance(0.7),
  });

  private together(): Step {
    const who: Companion[] = ['worker'];
    const others = ['worker', 'poll', 'reconcile', 'replay'] as const;
    for (let i = 1 + this.random.below(2); i > 0; i--) who.push(this.random.pick(others));
    return {
      step: 'together',
      who,
      faults: this.random.chance(0.6) ? [] : this.faults(),
      order: this.random.below(1_000_000),
      hears: this.random.chance(0.7),
    };
  }

  private decide = (): Step => ({
    step: 'decide',
    pick: this.pick(),
    choose: this.random.below(1_000_000),
    late: this.random.chance(0.3),
  });

  private policy = (): Step => ({
    step: 'policy',
    winner: this.random.below(4),
    field: this.random.below(8),
    scope: this.random.below(4),
    ...this.condition(),
  });

  /** Of some rules: nothing overrules it, or it is for the documents of one customer only. */
  private condition(): { locked?: boolean; party?: number } {
    if (this.random.chance(0.15)) return { locked: true };
    return this.random.chance(0.3) ? { party: this.pick() } : {};
  }

  /** Some rules, or a general one and one that says otherwise of something special. */
  private policies(): Step[] {
    const { random } = this;
    if (random.chance(0.4)) return Array.from({ length: 1 + random.below(3) }, () => this.policy());
    const winner = random.below(3);
    return [
      { step: 'policy', winner, field: 0, scope: random.pick([0, 3]), locked: random.chance(0.2) },
      {
        step: 'policy',
        winner: (winner + 1) % 3,
        field: random.pick([1, 2, 3, 3]),
        scope: random.below(4),
        ...this.condition(),
      },
    ];
  }

  private customersWithInvoices(): Step[] {
    const side = this.side();
    return [0, 0, 1, 1, 1].map((entity) => ({ ...this.add(), side, entity, twin: false, early: false }));
  }

  /** A rule, another one for one customer that says otherwise, and edits that meet under them. */
  private ruleOfOneCustomer(): Step[] {
    const { random } = this;
    const winner = random.below(3);
    const rule = { step: 'policy' as const, field: 0, scope: random.pick([1, 3]) };
    const edits = Array.from({ length: 2 }, () => this.edit());
    return [
      { ...rule, winner },
      { ...rule, winner: (winner + 1) % 3, party: this.pick() },
      ...edits.flatMap((edit): Step[] => [
        { ...edit, side: 'app' },
        { ...edit, side: 'ledger' },
      ]),
      ...(random.chance(0.3)
        ? [{ step: 'refer' as const, side: this.side(), pick: this.pick(), to: this.pick() }]
        : []),
      { step: 'hear', pick: 0, count: 10, again: false, shuffled: false },
      { step: 'run', faults: [], lanes: 1 },
    ];
  }

  private faults(): Fault[] {
    return Array.from({ length: this.random.chance(0.7) ? 1 : 2 }, () => this.fault());
  }

  private fault(): Fault {
    const { random } = this;
    const kind = this.choose<FaultKind>([
      ['crash', 1, 'crash_before'],
      ['crash', 1, 'crash_after'],
      ['answer_lost', 1.5, 'answer_lost'],
      ['answer_late', 1, 'answer_late'],
      ['5xx', 0.5, 'transient'],
      ['5xx', 0.7, '5xx_applied'],
      ['5xx', 0.7, '5xx_not_applied'],
      ['rate_limit', 0.4, 'rate_limit'],
      ['refused', 0.4, 'refused'],
      ['5xx', 0.5, 'unstorable'],
      ['5xx', 0.3, 'store_down'],
      ['stale_read', 0.8, 'stale_read'],
      ['revoked', 0.3, 'revoked'],
      ['meanwhile', 3, 'meanwhile'],
    ]);
    const on = this.callFor(kind);
    // Few runs make many calls to a side, most make some to the store.
    const at = random.below(on === 'store' ? random.pick([4, 12]) : random.pick([1, 2, 4]));
    if (kind === 'meanwhile') {
      const steps = [this.interruption()];
      return { at, on, kind, steps: random.chance(0.3) ? [...steps, this.hear()] : steps };
    }
    if (kind === 'answer_late') return { at, on, kind, steps: this.whileLate() };
    return { at, on, kind };
  }

  private callFor(kind: FaultKind): CallKind {
    const calls = FITS[kind];
    return calls.includes('write') && this.random.chance(0.5) ? 'write' : this.random.pick(calls);
  }

  /** What happens between two calls of a worker. */
  private interruption(): Step {
    return this.choose<() => Step>([
      [null, 5, () => this.edit()],
      ['lines', 2, () => this.lines()],
      ['remove', 0.7, () => this.remove()],
      ['pay', 0.3, () => ({ step: 'pay', side: this.side(), pick: this.pick(), part: this.pick() })],
      ['policy', 0.6, () => this.policy()],
      ['decide', 0.5, () => this.decide()],
      ['together', 0.6, () => ({ step: 'run', faults: [], lanes: 1 })],
      [null, 0.4, () => this.hear()],
    ])();
  }

  /** The answer takes longer than the lease holds, and another worker takes over. */
  private whileLate(): Step[] {
    const steps: Step[] = [{ step: 'wait', ms: this.random.pick([40_000, 70_000, 400_000]) }];
    if (this.random.chance(0.4)) steps.push(this.interruption());
    if (this.random.chance(0.8)) {
      const faults = this.random.chance(0.2)
        ? [{ at: this.random.below(14), kind: 'answer_lost' as const }]
        : [];
      steps.push({ step: 'run', faults, lanes: 1 });
    }
    return steps;
  }

  private side = (): SideName => this.random.pick(SIDES);
  private pick = (): number => this.random.below(1_000);

  private sometimes(topic: Topic, chance: number): boolean {
    return this.random.chance(Math.min(0.9, chance * (this.weight.get(topic) as number)));
  }

  /** One of several by weight; a topic that this schedule does not know counts nothing. */
  private choose<T>(options: readonly (readonly [Topic | null, number, T])[]): T {
    const weightOf = ([topic, weight]: readonly [Topic | null, number, T]) =>
      topic === null ? weight : weight * (this.weight.get(topic) as number);
    let rest = this.random.next() * options.reduce((sum, option) => sum + weightOf(option), 0);
    for (const option of options) {
      rest -= weightOf(option);
      if (rest < 0) return option[2];
    }
    return (options.find((option) => weightOf(option) > 0) ?? options[0])?.[2] as T;
  }
}
