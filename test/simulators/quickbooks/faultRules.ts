import { z } from 'zod/v4';
import type { CallOperation } from './requests';

const operations = [
  'create',
  'update',
  'delete',
  'void',
  'read',
  'query',
  'cdc',
  'batch',
  'token',
  'send',
] as const;

/** What happens to a call that a rule matches. */
const effect = z.union([
  z.strictObject({
    kind: z.enum([
      'drop-after-commit',
      'drop-before-commit',
      'truncated-body',
      'spurious-deleted',
      'invalid-grant',
    ]),
  }),
  z.strictObject({
    kind: z.literal('delay'),
    /** Real milliseconds. */
    ms: z.number().min(0),
    /** Before the call runs, or after it ran and before it is answered. */
    when: z.enum(['before', 'after']).default('before'),
  }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.union([
      z.literal(401),
      z.literal(429),
      z.literal(500),
      z.literal(502),
      z.literal(503),
      z.literal(504),
    ]),
    applied: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('fault-in-200'), applied: z.boolean().default(false) }),
  /** What stands in front of the service (a proxy, a firewall, a captive portal) answers in its place. */
  z.strictObject({
    kind: z.literal('page'),
    status: z.number().int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({ 'content-type': 'text/html' }),
    body: z.string().default('<html><body><h1>Please sign in to the network</h1></body></html>'),
    applied: z.boolean().default(false),
  }),
]);

export const faultRule = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      pathContains: z.string().optional(),
      operation: z.enum(operations).optional(),
      entity: z.string().optional(),
      realmId: z.string().optional(),
    })
    .default({}),
  /** How many calls it touches. */
  times: z.number().int().positive().default(1),
  /** How many matching calls pass first. */
  skip: z.number().int().min(0).default(0),
  effect,
});

export type FaultRule = z.input<typeof faultRule>;
export type FaultEffect = z.output<typeof effect>;
export type ActiveFaultRule = z.output<typeof faultRule> & { hits: number };

export interface Call {
  method: string;
  path: string;
  operation: CallOperation;
  entity: string | undefined;
  realmId: string | undefined;
}

/** The faults that are set up; the first rule with calls left that matches decides. */
export class FaultRules {
  private rules: ActiveFaultRule[] = [];

  add(rules: readonly FaultRule[]): ActiveFaultRule[] {
    const added = rules.map((rule) => ({ ...faultRule.parse(rule), hits: 0 }));
    this.rules.push(...added);
    return added;
  }

  list(): ActiveFaultRule[] {
    return this.rules;
  }

  clear(): void {
    this.rules = [];
  }

  take(call: Call): FaultEffect | undefined {
    for (const rule of this.rules) {
      if (rule.times === 0 || !matches(rule.match, call)) continue;
      if (rule.skip > 0) {
        rule.skip--;
        continue;
      }
      rule.times--;
      rule.hits++;
      return rule.effect;
    }
    return undefined;
  }
}

function matches(match: ActiveFaultRule['match'], call: Call): boolean {
  return (
    (match.method === undefined || match.method.toUpperCase() === call.method) &&
    (match.pathContains === undefined || call.path.includes(match.pathContains)) &&
    (match.operation === undefined || match.operation === call.operation) &&
    (match.entity === undefined || match.entity === call.entity) &&
    (match.realmId === undefined || match.realmId === call.realmId)
  );
}
