import type { FieldConflict, PolicyWinner, SideName } from '../ports';
import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../schema/entity';
import { elementKey, elementsOf, membersOf, saidMembers, sameElement, sameValue } from './compare';

/** How one field came to its merged value. `agreed`: both sides moved it to the same value. */
export interface FieldDecision {
  path: string;
  from: SideName | 'agreed' | 'typed';
  by: 'edit' | 'policy' | 'resolution';
  before: unknown;
  after: unknown;
}

/** What settles a field that moved apart: the policy, or what a person chose. */
export type Verdict =
  | { winner: PolicyWinner; by: 'policy' | 'resolution' }
  | { value: FieldValue; by: 'resolution' };

export interface MergeRules {
  /** `path` is the instance (`lines[app:7].amount`), `specPath` what policies name (`lines.amount`). */
  verdict(path: string, specPath: string): Verdict;
  /** Why this side cannot take a new value for the field, or null when it can. */
  refusal(side: SideName, spec: FieldSpec): 'immutable' | 'not_writable' | null;
  /** Where a record may be one that we have made and somebody has changed since. */
  uncertain: SideName | 'both' | null;
  /** Whether somebody has been asked about the field and nothing was ever agreed on it. */
  isOpen(path: string): boolean;
}

export interface Merge {
  merged: Fields;
  decisions: FieldDecision[];
  conflicts: FieldConflict[];
}

/**
 * Three-way merge, field by field and line by line. One side's change is taken; equal changes agree; changes
 * apart go to the verdict. Without a base (two records met for the first time) an empty field takes the other
 * side's value, and different values are apart. A held field keeps its base value in `merged`.
 */
export function mergeFields(
  entity: EntityDefinition,
  base: Fields | null,
  app: Fields,
  ledger: Fields,
  rules: MergeRules,
): Merge {
  const merger = new Merger(base === null, rules);
  const merged: Fields = {};
  for (const spec of entity.fields) {
    const value = merger.field(spec, base?.[spec.name], app[spec.name], ledger[spec.name]);
    if (value !== undefined) merged[spec.name] = value;
  }
  return { merged, decisions: merger.decisions, conflicts: merger.conflicts };
}

/** The order of the elements of an ordered list is a field of its own. */
const ORDER = '$order';

class Merger {
  readonly decisions: FieldDecision[] = [];
  readonly conflicts: FieldConflict[] = [];

  constructor(
    private readonly firstMeeting: boolean,
    private readonly rules: MergeRules,
  ) {}

  field(spec: FieldSpec, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
    if (spec.derived) return ledger !== undefined ? ledger : app !== undefined ? app : base;
    if (app === undefined && ledger === undefined) return base;
    if (spec.kind === 'list') return this.list(spec, base, app, ledger);
    if (spec.kind === 'group') return this.group(spec, base, app, ledger);
    return this.value(spec, spec.path, base, app, ledger);
  }

  private value(
    spec: FieldSpec,
    path: string,
    base: FieldValue,
    app: FieldValue,
    ledger: FieldValue,
  ): FieldValue {
    const silent = { app: app === undefined, ledger: ledger === undefined };
    if (app === undefined) app = this.firstMeeting ? null : base;
    if (ledger === undefined) ledger = this.firstMeeting ? null : base;
    if (sameValue(app ?? null, ledger ?? null)) return this.agreed(path, base, app);
    if (this.firstMeeting) {
      if (app === null || app === undefined)
        return this.filledIn(spec, path, 'app', app, ledger, !silent.app);
      if (ledger === null || ledger === undefined)
        return this.filledIn(spec, path, 'ledger', app, ledger, !silent.ledger);
      return this.apart(spec, path, base, app, ledger, 'no_base');
    }
    if (sameValue(app ?? null, base ?? null)) return this.taken(spec, path, 'ledger', base, app, ledger);
    if (sameValue(ledger ?? null, base ?? null)) return this.taken(spec, path, 'app', base, app, ledger);
    return this.apart(spec, path, base, app, ledger, 'both_changed');
  }

  /** An empty field takes what the other side has; one that cannot would look emptied ever after. */
  private filledIn(
    spec: FieldSpec,
    path: string,
    side: SideName,
    app: FieldValue,
    ledger: FieldValue,
    saysEmpty: boolean,
  ): FieldValue {
    if (this.isDecided(path, spec)) return this.apart(spec, path, undefined, app, ledger, 'no_base');
    if (this.rules.refusal(side, spec) === 'not_writable')
      return this.apart(spec, path, undefined, app, ledger, 'not_writable');
    // One of them may be made from the other as it was, and what is empty emptied since.
    if (this.rules.isOpen(path)) return this.apart(spec, path, undefined, app, ledger, 'no_base');
    if (saysEmpty && this.rules.uncertain !== null)
      return this.apart(spec, path, undefined, app, ledger, 'uncertain_write');
    return side === 'app' ? ledger : app;
  }

  private agreed(path: string, base: FieldValue, value: FieldValue): FieldValue {
    if (!this.firstMeeting && !sameValue(base ?? null, value ?? null)) {
      this.decisions.push({ path, from: 'agreed', by: 'edit', before: base, after: value });
    }
    return value;
  }

  /** One side changed the field; the other takes it if it can. */
  private taken(
    spec: FieldSpec,
    path: string,
    from: SideName,
    base: FieldValue,
    app: FieldValue,
    ledger: FieldValue,
  ): FieldValue {
    // Somebody was asked about this very change (it was doubtful, or did not hold): their word counts.
    if (this.isDecided(path, spec)) return this.apart(spec, path, base, app, ledger, 'both_changed');
    const refusal = this.rules.refusal(from === 'app' ? 'ledger' : 'app', spec);
    if (this.rules.isOpen(path)) return this.apart(spec, path, base, app, ledger, refusal ?? 'no_base');
    // What is set once may still be set: a currency that the ledger chose on create, say.
    const isFirstValue = refusal === 'immutable' && (base ?? null) === null;
    if (refusal && !isFirstValue) return this.apart(spec, path, base, app, ledger, refusal);
    const after = from === 'app' ? app : ledger;
    this.decisions.push({ path, from, by: 'edit', before: base, after });
    return after;
  }

  private isDecided(path: string, spec: FieldSpec): boolean {
    return this.rules.verdict(path, spec.path).by === 'resolution';
  }

  private apart(
    spec: FieldSpec,
    path: string,
    base: FieldValue,
    app: FieldValue,
    ledger: FieldValue,
    reason: FieldConflict['reason'],
  ): FieldValue {
    const verdict = this.rules.verdict(path, spec.path);
    if ('value' in verdict) {
      const refusal = this.refusalOfTyped(spec, verdict.value, app, ledger);
      if (refusal) {
        this.conflicts.push({ path, label: spec.label, base, app, ledger, reason: refusal });
        return base;
      }
      this.decisions.push({ path, from: 'typed', by: 'resolution', before: base, after: verdict.value });
      return verdict.value;
    }
    const { winner, by } = verdict;
    const refusal = winner === 'raise' ? null : this.rules.refusal(winner === 'app' ? 'ledger' : 'app', spec);
    if (winner !== 'raise' && !refusal) {
      // The winner may have nothing there: then that is what both get.
      const after = (winner === 'app' ? app : ledger) ?? null;
      this.decisions.push({ path, from: winner, by, before: base, after });
      return after;
    }
    // Whoever has chosen what cannot be written is told so, not asked the same again.
    this.conflicts.push({ path, label: spec.label, base, app, ledger, reason: refusal ?? reason });
    return base;
  }

  /** A value that somebody typed has to fit both sides, or it would be undone by the one that cannot take it. */
  private refusalOfTyped(spec: FieldSpec, value: FieldValue, app: FieldValue, ledger: FieldValue) {
    const refusalOf = (side: SideName, has: FieldValue) =>
      sameValue(has ?? null, value ?? null) ? null : this.rules.refusal(side, spec);
    return refusalOf('app', app) ?? refusalOf('ledger', ledger);
  }

  private group(spec: FieldSpec, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
    const [b, a, l] = [membersOf(base), saidMembers(spec, app), saidMembers(spec, ledger)];
    const merged: Fields = {};
    for (const member of spec.members) {
      const value = this.value(member, member.path, b[member.name], a[member.name], l[member.name]);
      if (value !== undefined) merged[member.name] = value;
    }
    // What was emptied stays named: a member that is missing would say "no opinion", and be kept.
    return Object.values(merged).some((value) => value !== null) ? merged : null;
  }

  private list(spec: FieldSpec, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
    if (app === undefined) return this.firstMeeting ? ledger : this.wholeList(spec, 'ledger', base, ledger);
    if (ledger === undefined) return this.firstMeeting ? app : this.wholeList(spec, 'app', base, app);
    const [b, a, l] = [byKey(spec, base), byKey(spec, app), byKey(spec, ledger)];
    const merged = new Map<string, Fields>();
    for (const key of new Set([...b.keys(), ...a.keys(), ...l.keys()])) {
      const element = this.element(spec, key, b.get(key), a.get(key), l.get(key));
      if (element) merged.set(key, element);
    }
    const order = spec.ordered
      ? this.order(spec, [...b.keys()], [...a.keys()], [...l.keys()])
      : [...merged.keys()];
    return order.flatMap((key): Fields[] => {
      const element = merged.get(key);
      return element ? [element] : [];
    });
  }

  /** Only one side holds this list; its state is the list. */
  private wholeList(spec: FieldSpec, from: SideName, base: FieldValue, value: FieldValue): FieldValue {
    const [b, v] = [byKey(spec, base), byKey(spec, value)];
    const same =
      b.size === v.size &&
      [...v].every(([key, element]) => {
        const old = b.get(key);
        return old !== undefined && sameElement(spec, old, element);
      });
    if (!same) this.decisions.push({ path: spec.path, from, by: 'edit', before: base, after: value });
    return value;
  }

  private element(
    spec: FieldSpec,
    key: string,
    base: Fields | undefined,
    app: Fields | undefined,
    ledger: Fields | undefined,
  ): Fields | undefined {
    const path = `${spec.path}[${key}]`;
    if (app && ledger) return this.members(spec, path, base, app, ledger);
    if (!app && !ledger) {
      this.decisions.push({ path, from: 'agreed', by: 'edit', before: base, after: undefined });
      return undefined;
    }
    const keeper: SideName = app ? 'app' : 'ledger';
    const kept = (app ?? ledger) as Fields;
    if (!base) {
      return this.firstMeeting
        ? this.presence(spec, path, base, app, ledger, 'no_base')
        : (this.taken(spec, path, keeper, undefined, app, ledger) as Fields | undefined);
    }
    if (!sameElement(spec, base, this.filled(spec, base, kept))) {
      return this.presence(spec, path, base, app, ledger, 'delete_against_edit');
    }
    const remover: SideName = app ? 'ledger' : 'app';
    return this.taken(spec, path, remover, base, app, ledger) as Fields | undefined;
  }

  private presence(
    spec: FieldSpec,
    path: string,
    base: Fields | undefined,
    app: Fields | undefined,
    ledger: Fields | undefined,
    reason: FieldConflict['reason'],
  ): Fields | undefined {
    return this.apart(spec, path, base, app, ledger, reason) as Fields | undefined;
  }

  /** A side that has no opinion on a member is read as unchanged. */
  private filled(spec: FieldSpec, base: Fields, element: Fields): Fields {
    const filled: Fields = {};
    for (const member of spec.members) {
      filled[member.name] = element[member.name] === undefined ? base[member.name] : element[member.name];
    }
    return filled;
  }

  private members(
    spec: FieldSpec,
    path: string,
    base: Fields | undefined,
    app: Fields,
    ledger: Fields,
  ): Fields {
    const merged: Fields = spec.identity === 'id' ? { id: app['id'] as string } : {};
    const b = base ?? {};
    const units = new Set<string>();
    for (const member of spec.members) {
      if (member.unit !== undefined) {
        if (units.has(member.unit)) continue;
        units.add(member.unit);
        this.unit(spec, member.unit, path, b, app, ledger, merged, base === undefined);
        continue;
      }
      const value =
        base === undefined && !this.firstMeeting
          ? this.newMember(member, `${path}.${member.name}`, app[member.name], ledger[member.name])
          : this.value(
              member,
              `${path}.${member.name}`,
              b[member.name],
              app[member.name],
              ledger[member.name],
            );
      if (value !== undefined) merged[member.name] = value;
    }
    return merged;
  }

  /** A member of a line that both sides added: there is no base to compare with. */
  private newMember(spec: FieldSpec, path: string, app: FieldValue, ledger: FieldValue): FieldValue {
    if (app === undefined || app === null) return ledger;
    if (ledger === undefined || ledger === null || sameValue(app, ledger)) return app;
    return this.apart(spec, path, undefined, app, ledger, 'both_changed');
  }

  /** Members of a unit come from one side, all of them, or are raised together under the unit's last member. */
  private unit(
    spec: FieldSpec,
    unit: string,
    path: string,
    base: Fields,
    app: Fields,
    ledger: Fields,
    merged: Fields,
    isNew: boolean,
  ): void {
    const members = spec.members.filter((member) => member.unit === unit);
    const lead = members.find((member) => member.required) ?? (members[0] as FieldSpec);
    const a = fill(members, base, app, this.firstMeeting || isNew);
    const l = fill(members, base, ledger, this.firstMeeting || isNew);
    const differs = (x: Fields, y: Fields) =>
      members.some((member) => !sameValue(x[member.name] ?? null, y[member.name] ?? null));
    const leadPath = `${path}.${lead.name}`;
    let chosen: Fields;
    if (!differs(a, l)) chosen = a;
    else if (this.firstMeeting || isNew)
      chosen = this.apartUnit(members, lead, leadPath, base, a, l, isNew ? 'both_changed' : 'no_base');
    else if (!differs(a, base)) chosen = this.takenUnit(members, lead, path, 'ledger', base, a, l);
    else if (!differs(l, base)) chosen = this.takenUnit(members, lead, path, 'app', base, a, l);
    else chosen = this.apartUnit(members, lead, leadPath, base, a, l, 'both_changed');
    for (const member of members) {
      const value = chosen[member.name];
      if (value !== undefined) merged[member.name] = value;
    }
  }

  private takenUnit(
    members: FieldSpec[],
    lead: FieldSpec,
    path: string,
    from: SideName,
    base: Fields,
    app: Fields,
    ledger: Fields,
  ): Fields {
    const decided = members
      .map((member) => `${path}.${member.name}`)
      .find((each) => this.isDecided(each, lead));
    if (decided) return this.apartUnit(members, lead, decided, base, app, ledger, 'both_changed');
    const refusal = this.rules.refusal(from === 'app' ? 'ledger' : 'app', lead);
    if (refusal) return this.apartUnit(members, lead, `${path}.${lead.name}`, base, app, ledger, refusal);
    const chosen = from === 'app' ? app : ledger;
    for (const member of members) {
      const [before, after] = [base[member.name], chosen[member.name]];
      if (sameValue(before ?? null, after ?? null)) continue;
      this.decisions.push({ path: `${path}.${member.name}`, from, by: 'edit', before, after });
    }
    return chosen;
  }

  private apartUnit(
    members: FieldSpec[],
    lead: FieldSpec,
    path: string,
    base: Fields,
    app: Fields,
    ledger: Fields,
    reason: FieldConflict['reason'],
  ): Fields {
    const chosen = this.apart(lead, path, base, app, ledger, reason) ?? {};
    if (typeof chosen === 'object') return chosen as Fields;
    // A typed amount stands for itself: the quantity and price that made the old one do not.
    return { ...Object.fromEntries(members.map((member) => [member.name, null])), [lead.name]: chosen };
  }

  /**
   * The backbone is the order of the side that moved lines; lines only the other side has follow their
   * predecessor there.
   */
  private order(spec: FieldSpec, base: string[], app: string[], ledger: string[]): string[] {
    if (sameOrder(app, ledger)) return app;
    // Of lines that a write in doubt may have made, nobody can tell who has moved them since.
    const isShared = (key: string) => ledger.includes(key) && !base.includes(key);
    const isDoubtful = this.rules.uncertain !== null && app.some(isShared);
    const known = isDoubtful ? app : base;
    const common = new Set(known.filter((key) => app.includes(key) && ledger.includes(key)));
    const sequence = (keys: string[]) => keys.filter((key) => common.has(key)).join('\n');
    const [b, a, l] = [sequence(base), sequence(app), sequence(ledger)];
    let first: SideName = 'app';
    if ((isDoubtful || !this.firstMeeting) && a !== l) {
      const path = `${spec.path}.${ORDER}`;
      const verdict = this.rules.verdict(path, path);
      const conflict = { path, label: `${spec.label}: Order`, base, app, ledger };
      if (verdict.by === 'resolution' && 'winner' in verdict && verdict.winner !== 'raise')
        first = verdict.winner;
      else if (isDoubtful) first = this.orderWinner(verdict, { ...conflict, reason: 'uncertain_write' });
      else if (a === b) first = 'ledger';
      else if (l !== b) first = this.orderWinner(verdict, { ...conflict, reason: 'both_changed' });
      const after = first === 'app' ? a : l;
      this.decisions.push({
        path,
        from: first,
        by: isDoubtful || verdict.by === 'resolution' || (a !== b && l !== b) ? verdict.by : 'edit',
        before: isDoubtful ? null : b,
        after,
      });
    }
    const [backbone, other] = first === 'app' ? [app, ledger] : [ledger, app];
    return interleave(backbone, other);
  }

  private orderWinner(verdict: Verdict, conflict: FieldConflict): SideName {
    if ('winner' in verdict && verdict.winner !== 'raise') return verdict.winner;
    this.conflicts.push(conflict);
    return 'app';
  }
}

function byKey(spec: FieldSpec, value: FieldValue): Map<string, Fields> {
  return new Map(elementsOf(value).map((element) => [elementKey(spec, element), element]));
}

function fill(members: FieldSpec[], base: Fields, element: Fields, alone: boolean): Fields {
  const filled: Fields = {};
  for (const member of members) {
    const value = element[member.name];
    filled[member.name] = value === undefined && !alone ? base[member.name] : value;
  }
  return filled;
}

function sameOrder(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i]);
}

function interleave(backbone: string[], other: string[]): string[] {
  const result = [...backbone];
  const placed = new Set(backbone);
  other.forEach((key, i) => {
    if (placed.has(key)) return;
    const before = other.slice(0, i).findLast((candidate) => placed.has(candidate));
    result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, key);
    placed.add(key);
  });
  return result;
}
