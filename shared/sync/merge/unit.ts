import type { FieldConflict, SideName } from '../../ports';
import type { Fields, FieldSpec } from '../../schema/entity';
import { sameValue } from '../compare';
import type { ValueMerger } from './value';

/** The member that stands for the unit: rules and conflicts are keyed by it. */
export const leadOf = (members: readonly FieldSpec[]): FieldSpec =>
  members.find((member) => member.required) ?? (members[0] as FieldSpec);

/** Members of a unit come from one side, all of them, or are raised together under the unit's last member. */
export function mergeUnit(
  values: ValueMerger,
  spec: FieldSpec,
  unit: string,
  path: string,
  base: Fields,
  app: Fields,
  ledger: Fields,
  isNew: boolean,
): Fields {
  const members = spec.members.filter((member) => member.unit === unit);
  const lead = leadOf(members);
  const a = fill(members, base, app, values.firstMeeting || isNew);
  const l = fill(members, base, ledger, values.firstMeeting || isNew);
  const differs = (x: Fields, y: Fields) =>
    members.some((member) => !sameValue(x[member.name] ?? null, y[member.name] ?? null));
  const leadPath = `${path}.${lead.name}`;
  let chosen: Fields;
  if (!differs(a, l)) chosen = a;
  else if (values.firstMeeting || isNew)
    chosen = apartUnit(values, members, lead, leadPath, base, a, l, isNew ? 'both_changed' : 'no_base');
  else if (!differs(a, base)) chosen = takenUnit(values, members, lead, path, 'ledger', base, a, l);
  else if (!differs(l, base)) chosen = takenUnit(values, members, lead, path, 'app', base, a, l);
  else chosen = apartUnit(values, members, lead, leadPath, base, a, l, 'both_changed');
  return Object.fromEntries(
    members.flatMap(({ name }) => (chosen[name] === undefined ? [] : [[name, chosen[name]]])),
  );
}

function takenUnit(
  values: ValueMerger,
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
    .find((each) => values.isDecided(each, lead));
  if (decided) return apartUnit(values, members, lead, decided, base, app, ledger, 'both_changed');
  const refusal = values.rules.refusal(from === 'app' ? 'ledger' : 'app', lead);
  if (refusal) return apartUnit(values, members, lead, `${path}.${lead.name}`, base, app, ledger, refusal);
  const chosen = from === 'app' ? app : ledger;
  for (const member of members) {
    const [before, after] = [base[member.name], chosen[member.name]];
    if (sameValue(before ?? null, after ?? null)) continue;
    values.decisions.push({ path: `${path}.${member.name}`, from, by: 'edit', before, after });
  }
  return chosen;
}

function apartUnit(
  values: ValueMerger,
  members: FieldSpec[],
  lead: FieldSpec,
  path: string,
  base: Fields,
  app: Fields,
  ledger: Fields,
  reason: FieldConflict['reason'],
): Fields {
  const chosen = values.apart(lead, path, base, app, ledger, reason) ?? {};
  if (typeof chosen === 'object') return chosen as Fields;
  // A typed amount stands for itself: the quantity and price that made the old one do not.
  return { ...Object.fromEntries(members.map((member) => [member.name, null])), [lead.name]: chosen };
}

/** Unless it stands alone, what a side has no opinion on is read as unchanged. */
export function fill(members: readonly FieldSpec[], base: Fields, element: Fields, alone: boolean): Fields {
  const filled: Fields = {};
  for (const member of members) {
    const value = element[member.name];
    filled[member.name] = value === undefined && !alone ? base[member.name] : value;
  }
  return filled;
}
