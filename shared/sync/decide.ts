import type {
  Base,
  EntityCapability,
  FieldConflict,
  IntentOperation,
  PolicySet,
  RecordState,
  Resolution,
  SideName,
} from '../ports';
import type { EntityDefinition, Fields, FieldSpec } from '../schema/entity';
import { sameValue } from './compare';
import { diffFields, hasEdits, type FieldChange } from './diff';
import { mergeFields } from './merge/fields';
import type { FieldDecision, MergeRules, Verdict } from './merge/rules';
import { counterpartyOf, winnerFor } from './policy';

/** One side as `decide` sees it, references and line ids canonical. `absent`: it never had the record. */
export interface SideView {
  state: RecordState | 'absent';
  /** Empty unless live or voided. */
  fields: Fields;
  /** Paths of references to records that are gone and have others in their place; in `fields` it is those. */
  outdated?: readonly string[];
}

export interface DecideInput {
  entity: EntityDefinition;
  connectionId: string;
  base: Base | null;
  app: SideView;
  ledger: SideView;
  capabilities: Record<SideName, EntityCapability>;
  policy: PolicySet;
  /** A person's decision on exactly this state, or null. */
  resolution: Resolution | null;
  /** The side where an earlier write of ours may have landed and then been changed again. */
  uncertain: SideName | 'both' | null;
  /** Fields that such a write has changed: what that side says there may be ours, in its own words. */
  doubtful: ReadonlySet<string>;
  /** Fields that somebody was asked about without a base: a change of one side does not answer the question. */
  open: ReadonlySet<string>;
}

export interface PlannedWrite {
  operation: IntentOperation;
  /** Canonical; what the side holds once this has landed. */
  desired: Fields;
}

/**
 * What to do about one record. `hold`: nothing is written on either side until a person has decided.
 * `gone`: nothing is left to keep in step.
 */
export type Plan =
  | { kind: 'in_step'; agreed: Base; decisions: FieldDecision[] }
  | {
      kind: 'write';
      agreed: Base;
      writes: Partial<Record<SideName, PlannedWrite>>;
      decisions: FieldDecision[];
    }
  | { kind: 'hold'; conflicts: FieldConflict[] }
  | { kind: 'gone'; agreed: Base | null };

/** The pseudo field that says whether a record lives, is voided or is deleted. */
export const STATE = '$state';

/** Pure: the same input always gives the same plan. */
export function decide(input: DecideInput): Plan {
  const { app, ledger } = input;
  if (app.state === 'absent' || ledger.state === 'absent') return decideOneSided(input);
  if (app.state === 'live' && ledger.state === 'live') return decideFields(input);
  if (app.state === ledger.state) return decideBothRemoved(input, app.state);
  return decideRemoval(input);
}

/** The record exists on one side only, and the other never had it. */
function decideOneSided(input: DecideInput): Plan {
  const from: SideName = input.app.state === 'absent' ? 'ledger' : 'app';
  const view = input[from];
  if (view.state !== 'live') return { kind: 'gone', agreed: null };
  const to = other(from);
  const agreed = baseOf(input, 'live', view.fields);
  if (!input.capabilities[to].create) {
    return hold([stateConflict(input, 'not_writable')]);
  }
  return {
    kind: 'write',
    agreed,
    writes: { [to]: { operation: 'create', desired: view.fields } },
    decisions: [],
  };
}

function decideFields(input: DecideInput): Plan {
  const { entity, app, ledger, base } = input;
  const known = base?.fields ?? null;
  const said: [Fields, Fields] =
    base && base.state !== 'live' ? broughtBack(app.fields, ledger.fields) : [app.fields, ledger.fields];
  const { merged, decisions, conflicts } = mergeFields(entity, known, ...said, rulesOf(input));
  const asked = [...conflicts, ...doubtfulDecisions(input, decisions)];
  if (asked.length > 0) return hold(asked);
  const agreed = baseOf(input, 'live', merged);
  const writes: Partial<Record<SideName, PlannedWrite>> = {};
  const ledgerCapability = input.capabilities.ledger;
  if (
    needsWrite(entity, ledger.fields, merged, ledgerCapability, false) ||
    canRenew(ledger, ledgerCapability)
  ) {
    writes.ledger = { operation: 'update', desired: merged };
  }
  const appCapability = input.capabilities.app;
  if (appNeedsWrite(entity, known, app.fields, merged, appCapability) || canRenew(app, appCapability)) {
    writes.app = { operation: 'update', desired: merged };
  }
  if (!writes.ledger && !writes.app) return { kind: 'in_step', agreed, decisions };
  return { kind: 'write', agreed, writes, decisions };
}

/** Whether a write would make the record refer to what has taken the place of a record that is gone. */
const canRenew = (
  { outdated = [] }: SideView,
  { update, readOnly, unsupported }: EntityCapability,
): boolean =>
  update && outdated.some((path) => readOnly[path] === undefined && unsupported[path] === undefined);

/** What was removed on both sides and brought back on one is active again on the other, where it was archived. */
function broughtBack(app: Fields, ledger: Fields): [Fields, Fields] {
  const isArchived = ({ active }: Fields) => active === false;
  if (isArchived(app) === isArchived(ledger)) return [app, ledger];
  const settle = (fields: Fields) => ({ ...fields, active: isArchived(fields) ? undefined : true });
  return [settle(app), settle(ledger)];
}

/**
 * Where our own write may have landed before somebody undid it, the other side's "change" and the undoing
 * cannot be told apart: a person decides.
 */
function doubtfulDecisions(input: DecideInput, decisions: FieldDecision[]): FieldConflict[] {
  if (!input.uncertain) return [];
  const { uncertain } = input;
  return decisions
    .filter(
      ({ by, from, path }) =>
        by === 'edit' &&
        (from === 'app' || from === 'ledger') &&
        (from !== uncertain || input.doubtful.has(path)),
    )
    .map(({ path, from, before, after }) => ({
      path,
      label: labelOf(input.entity, path),
      base: before,
      app: from === 'app' ? after : before,
      ledger: from === 'ledger' ? after : before,
      reason: 'uncertain_write' as const,
    }));
}

/** As the field is called on screen, in whichever element of a list it is. */
function labelOf({ fields }: EntityDefinition, path: string): string {
  const [name, member] = path.replace(/\[[^\]]*\]/g, '').split('.');
  const spec = fields.find((candidate) => candidate.name === name);
  return spec?.members.find((candidate) => candidate.name === member)?.label ?? spec?.label ?? path;
}

/** Whether the side's record must change to say what was agreed. */
export function needsWrite(
  entity: EntityDefinition,
  fields: Fields,
  merged: Fields,
  capability: EntityCapability,
  derivedToo: boolean,
): boolean {
  return changesToWrite(entity, fields, merged, capability, derivedToo).length > 0;
}

/**
 * As `needsWrite`, for the app, which is told derived values too. One that it was told already and has not kept
 * it works out by itself: telling it again would never end.
 */
export function appNeedsWrite(
  entity: EntityDefinition,
  base: Fields | null,
  fields: Fields,
  merged: Fields,
  capability: EntityCapability,
): boolean {
  return changesToWrite(entity, fields, merged, capability, true).some(
    ({ spec, after }) => !spec.derived || !base || !sameValue(base[spec.name] ?? null, after),
  );
}

/** What the side's record does not say yet and could. */
export function changesToWrite(
  entity: EntityDefinition,
  fields: Fields,
  merged: Fields,
  capability: EntityCapability,
  derivedToo: boolean,
): FieldChange[] {
  return diffFields(entity, fields, merged).filter(
    ({ spec, before, after }) =>
      // What cannot be changed is not told totals either.
      (!spec.derived || (derivedToo && capability.update)) &&
      !isListed(capability.unsupported, spec.path) &&
      !isListed(capability.readOnly, spec.path) &&
      // A side that has no opinion needs no telling that there is nothing.
      !(after === null && before === undefined),
  );
}

function decideBothRemoved(input: DecideInput, state: RecordState): Plan {
  const agreed = baseOf(input, state, input.base?.fields ?? input.app.fields);
  return state === 'deleted' ? { kind: 'gone', agreed } : { kind: 'in_step', agreed, decisions: [] };
}

/** One side deleted or voided the record, the other still has it (or removed it in another way). */
function decideRemoval(input: DecideInput): Plan {
  const { base, entity } = input;
  if (base?.state === 'apart') return { kind: 'gone', agreed: base };
  const remover = removerOf(input);
  const keeper = other(remover);
  const state = input[remover].state as RecordState;
  const kept = input[keeper];
  const capability = input.capabilities[keeper];
  const mode = removeMode(state, capability);
  const agreed = baseOf(input, state, base?.fields ?? kept.fields);
  if (mode === 'archive' && kept.fields['active'] === false) return { kind: 'gone', agreed };

  const edited = kept.state === 'live' && (!base || hasEdits(entity, base.fields, kept.fields));
  const settledBefore = base !== null && base.state === state;
  // A removal of ours may have landed, and the record be back.
  const inDoubt = input.uncertain === keeper || input.uncertain === 'both';
  const clear = kept.state === 'live' && base !== null && !edited && !settledBefore && !inDoubt;
  const verdict: Verdict = clear && mode ? { winner: remover, by: 'policy' } : verdictOf(input, STATE, STATE);
  const winner = 'winner' in verdict ? verdict.winner : 'raise';
  if (winner === remover && mode) {
    const desired = mode === 'archive' ? { ...kept.fields, active: false } : kept.fields;
    const decision: FieldDecision = {
      path: STATE,
      from: remover,
      by: clear ? 'edit' : verdict.by,
      before: kept.state,
      after: state,
    };
    return {
      kind: 'write',
      agreed,
      writes: { [keeper]: { operation: mode, desired } },
      decisions: [decision],
    };
  }
  if (
    winner === keeper &&
    kept.state === 'live' &&
    state === 'deleted' &&
    input.capabilities[remover].create
  ) {
    const decision: FieldDecision = {
      path: STATE,
      from: keeper,
      by: verdict.by,
      before: state,
      after: 'live',
    };
    return {
      kind: 'write',
      agreed: baseOf(input, 'live', kept.fields),
      writes: { [remover]: { operation: 'create', desired: kept.fields } },
      decisions: [decision],
    };
  }
  // What was removed for good stays so; the other side's record may stay too, if somebody says so.
  if (winner === keeper && verdict.by === 'resolution') {
    const decision: FieldDecision = {
      path: STATE,
      from: keeper,
      by: 'resolution',
      before: base?.state ?? null,
      after: 'apart',
    };
    return { kind: 'in_step', agreed: { ...agreed, state: 'apart' }, decisions: [decision] };
  }
  const isPossible = winner === 'raise' ? mode !== null : false;
  const why = inDoubt && !edited ? 'uncertain_write' : 'delete_against_edit';
  return hold([stateConflict(input, isPossible ? why : 'not_writable')]);
}

/** Deleted outranks voided outranks live: the side that went further is the one that removed. */
function removerOf(input: DecideInput): SideName {
  const rank = { live: 0, absent: 0, voided: 1, deleted: 2 };
  return rank[input.app.state] > rank[input.ledger.state] ? 'app' : 'ledger';
}

function removeMode(state: RecordState, capability: EntityCapability): 'delete' | 'void' | 'archive' | null {
  if (state === 'voided' && capability.remove.includes('void')) return 'void';
  if (state === 'deleted' && capability.remove.includes('delete')) return 'delete';
  return capability.remove.includes('archive') ? 'archive' : null;
}

function rulesOf(input: DecideInput): MergeRules {
  return {
    verdict: (path, specPath) => verdictOf(input, path, specPath),
    refusal: (side, spec) => refusalOf(input.capabilities[side], spec, input.base !== null),
    uncertain: input.uncertain,
    isOpen: (path) => input.open.has(path),
  };
}

function verdictOf(input: DecideInput, path: string, specPath: string): Verdict {
  const choice = input.resolution?.choices[path];
  if (choice && 'winner' in choice) return { winner: choice.winner, by: 'resolution' };
  if (choice) return { value: choice.value as never, by: 'resolution' };
  const { policy, connectionId, entity, base, app, ledger } = input;
  const counterparty = counterpartyOf(entity, [base?.fields ?? null, app.fields, ledger.fields]);
  const subject = { connectionId, entity: entity.name, counterparty };
  return { winner: winnerFor(policy, subject, specPath), by: 'policy' };
}

/** Why a side cannot take a new value for the field, or null when it can. `isAgreed`: the record has a base. */
export function refusalOf(
  capability: EntityCapability,
  spec: FieldSpec,
  isAgreed: boolean,
): 'immutable' | 'not_writable' | null {
  if (isListed(capability.unsupported, spec.path)) return null;
  if (!capability.update || isListed(capability.readOnly, spec.path)) return 'not_writable';
  // Without a base nothing was agreed yet, so an empty immutable field may still be filled.
  return spec.immutable && isAgreed ? 'immutable' : null;
}

/** Why a path is listed; null when neither it nor the field it belongs to is. */
export function listedReason(paths: Readonly<Record<string, string>>, path: string): string | null {
  const dot = path.indexOf('.');
  return paths[path] ?? (dot > 0 ? paths[path.slice(0, dot)] : undefined) ?? null;
}

const isListed = (paths: Readonly<Record<string, string>>, path: string): boolean =>
  listedReason(paths, path) !== null;

function stateConflict(input: DecideInput, reason: FieldConflict['reason']): FieldConflict {
  return {
    path: STATE,
    label: 'Record',
    base: input.base?.state ?? null,
    app: input.app.state,
    ledger: input.ledger.state,
    reason,
  };
}

const hold = (conflicts: FieldConflict[]): Plan => ({ kind: 'hold', conflicts });

const baseOf = (input: DecideInput, state: RecordState, fields: Fields): Base => ({
  schemaVersion: input.entity.version,
  state,
  fields,
});

export const other = (side: SideName): SideName => (side === 'app' ? 'ledger' : 'app');
