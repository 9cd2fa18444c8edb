import { NotFoundError } from '../../../shared/errors';
import type {
  Actor,
  PolicyChange,
  PolicyEdit,
  PolicyRule,
  PolicyScope,
  PolicySet,
  PolicyStore,
} from '../../../shared/ports';
import { policyChanged } from '../../../shared/store/acts';
import { ANY } from './memoryDatabase';
import type { Session } from './session';

type Undo = Parameters<PolicyStore['undo']>;

/** Changes are only ever added; the newest of a scope is in force. */
export class MemoryPolicies implements PolicyStore {
  constructor(private readonly session: Session) {}

  async load(connectionId: string): Promise<PolicySet> {
    const { database } = this.session;
    if (database.policies.length === 0) return { version: 0, rules: [] };
    const rules = this.#newest(connectionId).flatMap((change): PolicyRule[] => {
      const { winner, locked } = change;
      return winner === null ? [] : [{ ...scopeOf(change), winner, ...(locked ? { locked } : {}) }];
    });
    return database.sealed({ version: database.policyVersion(connectionId), rules });
  }

  async inForce(connectionId?: string): Promise<PolicyChange[]> {
    return this.#newest(connectionId)
      .filter(({ winner }) => winner !== null)
      .reverse();
  }

  async set(edit: PolicyEdit, by: Actor, now: number): Promise<number> {
    return this.#add({ ...edit, by, at: now }).version;
  }

  async undo(...[what, { now, ...act }]: Undo): Promise<PolicyChange> {
    const { policies } = this.session.database;
    const undone =
      'version' in what
        ? policies[what.version - 1]
        : policies.findLast((change) => keyOf(change) === keyOf(what));
    if (!undone) throw new NotFoundError('There is no such change');
    const before = policies
      .slice(0, undone.version - 1)
      .findLast((change) => keyOf(change) === keyOf(undone));
    const { winner = null, locked } = before ?? {};
    const rule = { ...scopeOf(undone), winner, ...(locked ? { locked } : {}) };
    return this.#add({ ...rule, ...act, at: now, undoes: undone.version });
  }

  async history(connectionId: string, limit: number): Promise<PolicyChange[]> {
    return this.#newestFirst(connectionId).slice(0, limit);
  }

  #add({ winner, locked, reason, decidedBy, undoes, by, at, ...scope }: Omit<PolicyChange, 'version'>) {
    const { database } = this.session;
    const chain = database.chain(scope.connectionId);
    const before = database.policies.findLast((change) => keyOf(change) === keyOf(scope)) ?? null;
    const version = database.policies.length + 1;
    const change: PolicyChange = database.sealed({
      ...scopeOf(scope),
      winner,
      ...(locked && winner !== null ? { locked } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(decidedBy === undefined ? {} : { decidedBy }),
      ...(undoes === undefined ? {} : { undoes }),
      ...{ version, by, at },
    });
    database.policies.push(change);
    const entry = policyChanged(change, { before, version, ...(undoes ? { undoes } : {}) }, by);
    chain.add(at, database.sealed(entry));
    return change;
  }

  /** Of each scope, the newest first. */
  #newest(connectionId: string | undefined): PolicyChange[] {
    const latest = new Map<string, PolicyChange>();
    for (const change of this.#newestFirst(connectionId)) {
      const key = keyOf(change);
      if (!latest.has(key)) latest.set(key, change);
    }
    return [...latest.values()];
  }

  #newestFirst(connectionId: string | undefined): PolicyChange[] {
    return this.session.database.policies
      .filter((change) => connectionId === undefined || [connectionId, ANY].includes(change.connectionId))
      .reverse();
  }
}

const keyOf = ({ connectionId, entity, field, counterparty = '' }: PolicyScope): string =>
  JSON.stringify([connectionId, entity, field, counterparty]);

const scopeOf = ({ connectionId, entity, field, counterparty }: PolicyScope): PolicyScope => ({
  connectionId,
  entity,
  field,
  ...(counterparty === undefined ? {} : { counterparty }),
});
