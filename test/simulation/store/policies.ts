import type { Actor, PolicyChange, PolicyRule, PolicySet, PolicyStore } from '../../../shared/ports';
import { policyChanged } from '../../../shared/store/acts';
import { ANY } from './memoryDatabase';
import type { Session } from './session';

type Rule = Parameters<PolicyStore['set']>[0];

/** Changes are only ever added; the newest for a connection, entity and field is in force. */
export class MemoryPolicies implements PolicyStore {
  constructor(private readonly session: Session) {}

  async load(connectionId: string): Promise<PolicySet> {
    const { database } = this.session;
    if (database.policies.length === 0) return { version: 0, rules: [] };
    const latest = new Map<string, PolicyChange>();
    for (const change of this.#newestFirst(connectionId)) {
      const key = JSON.stringify([change.connectionId, change.entity, change.field]);
      if (!latest.has(key)) latest.set(key, change);
    }
    const rules = [...latest.values()].flatMap(({ connectionId: id, entity, field, winner }): PolicyRule[] =>
      winner === null ? [] : [{ connectionId: id, entity, field, winner }],
    );
    return database.sealed({ version: database.policyVersion(connectionId), rules });
  }

  async set(rule: Rule, by: Actor, now: number): Promise<number> {
    const { database } = this.session;
    const { connectionId, entity, field, winner } = rule;
    const chain = database.chain(connectionId);
    const before = database.policies.findLast(
      (change) => change.connectionId === connectionId && change.entity === entity && change.field === field,
    );
    const version = database.policies.length + 1;
    database.policies.push(database.sealed({ connectionId, entity, field, winner, version, by, at: now }));
    const change = { before: before?.winner ?? null, after: winner, version };
    chain.add(now, database.sealed(policyChanged(rule, change, by)));
    return version;
  }

  async history(connectionId: string, limit: number): Promise<PolicyChange[]> {
    return this.#newestFirst(connectionId).slice(0, limit);
  }

  #newestFirst(connectionId: string): PolicyChange[] {
    return this.session.database.policies
      .filter((change) => change.connectionId === connectionId || change.connectionId === ANY)
      .reverse();
  }
}
