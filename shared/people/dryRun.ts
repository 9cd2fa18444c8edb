import type {
  Conflict,
  ConflictFilter,
  ConflictStore,
  FieldConflict,
  PolicyEdit,
  PolicyRule,
  PolicyStore,
  SideName,
} from '../ports';
import { entityNamed } from '../schema/entities';
import type { EntityDefinition } from '../schema/entity';
import { MATCH } from '../sync/adopt';
import { decide, other, refusalOf, STATE } from '../sync/decide';
import { leadOf } from '../sync/merge/unit';
import { counterpartyOf, isSameScope, ruleFor } from '../sync/policy';
import { placeOf } from './question';
import type { RuleCompany } from './rules';

/** What a rule would have done about conflicts that there are or were. */

export interface DryRunStore {
  conflicts: Pick<ConflictStore, 'get' | 'list'>;
  policies: Pick<PolicyStore, 'load'>;
}

export interface DryRunOptions {
  /** The rule, or that there is none any more. */
  edit: PolicyEdit;
  /** Those that it holds for. */
  companies: readonly RuleCompany[];
  /** Conflicts that have ended since are looked at too; null: only the open ones. */
  since: number | null;
  /** How many conflicts are told one by one; all are counted. */
  limit: number;
}

export interface DryRun {
  open: DryRunCounts;
  past: DryRunCounts;
  /** The open ones first, each kind newest first; only those that the rule is about. */
  cases: DryRunCase[];
  /** Those that are not in `cases` because there are too many. */
  moreCases: number;
}

export interface DryRunCounts {
  /** All that were looked at. */
  conflicts: number;
  /** Nobody would be asked. */
  decided: number;
  /** Some fields would be decided, others asked about; the record would be held until then. */
  partly: number;
  /** The rule is about them, and somebody would be asked all the same. */
  asked: number;
  /** Of those that a person has decided: how many the rules would decide otherwise. */
  otherwise: number;
}

export interface DryRunCase {
  conflict: Conflict;
  company: RuleCompany;
  decides: { field: FieldConflict; winner: SideName }[];
  asks: FieldConflict[];
  /** Whether a person has decided these fields the same; null where nobody has decided. */
  sameAsPerson: boolean | null;
}

const PAGE = 500;

/** Reads page by page, and keeps no more than it tells. */
export async function dryRun(store: DryRunStore, options: DryRunOptions): Promise<DryRun> {
  const result: DryRun = { open: noCounts(), past: noCounts(), cases: [], moreCases: 0 };
  const { since } = options;
  const kinds: { counts: DryRunCounts; filter: Pick<ConflictFilter, 'status' | 'closedSince'> }[] = [
    { counts: result.open, filter: { status: 'open' } },
    ...(since === null
      ? []
      : [{ counts: result.past, filter: { status: 'closed' as const, closedSince: since } }]),
  ];
  for (const { counts, filter } of kinds) {
    for (const company of options.companies) {
      const { rules } = await store.policies.load(company.id);
      const scenario = new Scenario(company, rules, options.edit);
      const wanted = { ...filter, connectionId: company.id, withoutRecord: !scenario.asksForParties };
      for await (const conflict of conflictsOf(store, wanted)) {
        counts.conflicts++;
        const found = scenario.caseOf(await withRecordOf(store, conflict));
        if (!found) continue;
        count(counts, found);
        if (result.cases.length < options.limit) result.cases.push(found);
        else result.moreCases++;
      }
    }
  }
  return result;
}

const noCounts = (): DryRunCounts => ({ conflicts: 0, decided: 0, partly: 0, asked: 0, otherwise: 0 });

function count(counts: DryRunCounts, { decides, asks, sameAsPerson }: DryRunCase): void {
  counts[decides.length === 0 ? 'asked' : asks.length === 0 ? 'decided' : 'partly']++;
  if (sameAsPerson === false) counts.otherwise++;
}

async function* conflictsOf(
  store: DryRunStore,
  filter: Omit<ConflictFilter, 'limit' | 'afterId'>,
): AsyncGenerator<Conflict> {
  let afterId: string | undefined;
  while (true) {
    const page = await store.conflicts.list({
      ...filter,
      limit: PAGE,
      ...(afterId === undefined ? {} : { afterId }),
    });
    // Rows that cannot be read are left out, so that only an empty page is the last one.
    if (page.length === 0) return;
    yield* page;
    afterId = page.at(-1)?.id;
  }
}

/** What becomes of a removal depends on all that the record says. */
const withRecordOf = async (store: DryRunStore, conflict: Conflict): Promise<Conflict> =>
  conflict.record === null && conflict.fields.some(({ path }) => path === STATE)
    ? ((await store.conflicts.get(conflict.id)) ?? conflict)
    : conflict;

/** The rules of a company as they would be. */
class Scenario {
  /** Whether a rule is about the documents of one party, so that it counts whose they are. */
  readonly asksForParties: boolean;
  private readonly rules: readonly PolicyRule[];
  private readonly edited: PolicyRule | null;

  constructor(
    private readonly company: RuleCompany,
    rules: readonly PolicyRule[],
    { winner, ...edit }: PolicyEdit,
  ) {
    this.edited = winner === null ? null : { ...edit, winner };
    const others = rules.filter((rule) => !isSameScope(rule, edit));
    this.rules = this.edited ? [...others, this.edited] : others;
    this.asksForParties = this.rules.some(({ counterparty }) => counterparty !== undefined);
  }

  /** Null where the rule is about none of the conflict's fields. */
  caseOf(conflict: Conflict): DryRunCase | null {
    const { entity: name, connectionId, record } = conflict;
    const entity = entityNamed(name);
    const states = record ? [record.base, record.app.fields, record.ledger.fields] : [];
    const subject = { connectionId, entity: name, counterparty: counterpartyOf(entity, states) };
    const ruled = conflict.fields.map((field) => {
      const path = rulePath(entity, field.path);
      return { field, rule: ruleFor(this.rules, subject, path) };
    });
    if (this.edited === null || !ruled.some(({ rule }) => rule === this.edited)) return null;
    const decides: DryRunCase['decides'] = [];
    const asks: FieldConflict[] = [];
    for (const { field, rule } of ruled) {
      const winner = rule?.winner ?? 'raise';
      if (winner !== 'raise' && this.isCarriedOut(entity, conflict, field, winner)) {
        decides.push({ field, winner });
      } else asks.push(field);
    }
    return { conflict, company: this.company, decides, asks, sameAsPerson: sameAsPerson(conflict, decides) };
  }

  /** Whether this winner would have settled the field, as the engine decides. */
  private isCarriedOut(
    entity: EntityDefinition,
    conflict: Conflict,
    field: FieldConflict,
    winner: SideName,
  ): boolean {
    if (field.path === MATCH || field.reason === 'uncertain_write') return false;
    if (field.path === STATE) return this.isRemovalDecided(entity, conflict, winner);
    const { spec } = placeOf(entity, field.path);
    if (!spec) return false;
    const refusalBy = (side: SideName) => {
      const capability = this.company.sides.capabilities[side].entities[entity.name];
      return capability ? refusalOf(capability, spec, field.reason !== 'no_base') : 'not_writable';
    };
    if (refusalBy(other(winner))) return false;
    // It can take the field in general, and has not taken this value: that it would is not known.
    return field.reason !== 'not_writable' || refusalBy(winner) !== null;
  }

  private isRemovalDecided(entity: EntityDefinition, { record, connectionId }: Conflict, winner: SideName) {
    const { app, ledger } = this.company.sides.capabilities;
    const capabilities = { app: app.entities[entity.name], ledger: ledger.entities[entity.name] };
    if (!record || !capabilities.app || !capabilities.ledger) return false;
    const rule = { connectionId: '*', entity: '*', field: '*', winner };
    const plan = decide({
      entity,
      connectionId,
      base: record.base && { schemaVersion: entity.version, state: 'live', fields: record.base },
      app: record.app,
      ledger: record.ledger,
      capabilities: { app: capabilities.app, ledger: capabilities.ledger },
      policy: { version: 0, rules: [rule] },
      resolution: null,
      uncertain: null,
      doubtful: new Set(),
      open: new Set(),
    });
    return plan.kind !== 'hold';
  }
}

/** What rules name where a conflict names a line or a member of a unit. */
function rulePath(entity: EntityDefinition, path: string): string {
  const { spec, list } = placeOf(entity, path);
  if (!spec) return path;
  if (spec.unit === undefined || !list) return spec.path;
  return leadOf(list.members.filter(({ unit }) => unit === spec.unit)).path;
}

function sameAsPerson({ resolution }: Conflict, decides: DryRunCase['decides']): boolean | null {
  if (!resolution || decides.length === 0) return null;
  const chosen = decides.flatMap(({ field, winner }) => {
    const choice = resolution.choices[field.path] ?? field.chosen;
    return choice ? [{ choice, winner }] : [];
  });
  if (chosen.length === 0) return null;
  return chosen.every(({ choice, winner }) => 'winner' in choice && choice.winner === winner);
}
