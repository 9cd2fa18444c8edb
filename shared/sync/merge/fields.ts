import type { FieldConflict } from '../../ports';
import type { EntityDefinition, Fields, FieldSpec, FieldValue } from '../../schema/entity';
import { membersOf, saidMembers } from '../compare';
import { ListMerger } from './list';
import type { FieldDecision, MergeRules } from './rules';
import { ValueMerger } from './value';

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
  const values = new ValueMerger(base === null, rules);
  const lists = new ListMerger(values);
  const merged: Fields = {};
  for (const spec of entity.fields) {
    const value = field(values, lists, spec, base?.[spec.name], app[spec.name], ledger[spec.name]);
    if (value !== undefined) merged[spec.name] = value;
  }
  return { merged, decisions: values.decisions, conflicts: values.conflicts };
}

function field(
  values: ValueMerger,
  lists: ListMerger,
  spec: FieldSpec,
  base: FieldValue,
  app: FieldValue,
  ledger: FieldValue,
): FieldValue {
  if (spec.derived) return ledger !== undefined ? ledger : app !== undefined ? app : base;
  if (app === undefined && ledger === undefined) return base;
  if (spec.kind === 'list') return lists.list(spec, base, app, ledger);
  if (spec.kind === 'group') return group(values, spec, base, app, ledger);
  return values.value(spec, spec.path, base, app, ledger);
}

function group(
  values: ValueMerger,
  spec: FieldSpec,
  base: FieldValue,
  app: FieldValue,
  ledger: FieldValue,
): FieldValue {
  const [b, a, l] = [membersOf(base), saidMembers(spec, app), saidMembers(spec, ledger)];
  const merged: Fields = {};
  for (const member of spec.members) {
    const value = values.value(member, member.path, b[member.name], a[member.name], l[member.name]);
    if (value !== undefined) merged[member.name] = value;
  }
  // What was emptied stays named: a member that is missing would say "no opinion", and be kept.
  return Object.values(merged).some((value) => value !== null) ? merged : null;
}
