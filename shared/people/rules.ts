import { NotFoundError, ValidationError } from '../errors';
import type { PolicyEdit, PolicyRule, PolicyScope, SideName } from '../ports';
import { entities } from '../schema/entities';
import type { EntityDefinition, FieldSpec } from '../schema/entity';
import { shownValue } from '../schema/text';
import { listedReason, other, STATE } from '../sync/decide';
import { leadOf } from '../sync/merge/unit';
import { covers, isSameScope } from '../sync/policy';
import type { Sides } from './decide';
import { choicesIn } from './nearest';
import { listed } from './question';

/** Any connection, entity or field. */
export const ANY = '*';

/** What a rule can be about. */
export interface RuleField {
  path: string;
  label: string;
  /** The values that are in it. */
  specs: readonly FieldSpec[];
}

/** A company that a rule would hold for. */
export interface RuleCompany {
  id: string;
  name: string;
  sides: Sides;
}

export interface RuleContext {
  /** Those that the rule would hold for. */
  companies: readonly RuleCompany[];
  /** In force for them. */
  rules: readonly PolicyRule[];
}

/** Fields that rules can be about, in the order of the schema; of any entity, those that one of them has. */
export function ruleFieldsOf(entity: string): RuleField[] {
  const byPath = new Map<string, RuleField>();
  for (const field of entitiesIn(entity).flatMap(fieldsOf)) {
    const known = byPath.get(field.path);
    byPath.set(field.path, known ? { ...known, specs: [...known.specs, ...field.specs] } : field);
  }
  return [...byPath.values()];
}

const entitiesIn = (entity: string): readonly EntityDefinition[] =>
  entity === ANY ? entities : entities.filter(({ name }) => name === entity);

function fieldsOf({ fields }: EntityDefinition): RuleField[] {
  const own = fields.filter(({ derived }) => !derived);
  return [
    { path: ANY, label: 'All Fields', specs: own.flatMap(valuesIn) },
    ...own.flatMap((spec) => [
      { path: spec.path, label: spec.label, specs: valuesIn(spec) },
      ...membersOf(spec),
    ]),
    // With the record goes all that is in it.
    { path: STATE, label: 'Removals', specs: own.flatMap(valuesIn) },
  ];
}

const valuesIn = (spec: FieldSpec): FieldSpec[] =>
  spec.members.length === 0 ? [spec] : spec.members.filter(({ derived }) => !derived);

/** What is decided together is one field. */
function membersOf(spec: FieldSpec): RuleField[] {
  const members = valuesIn(spec).filter((member) => member !== spec);
  return members.flatMap((member) => {
    const unit = unitOf(members, member);
    if (leadOf(unit) !== member) return [];
    const label = `${spec.label}: ${listed(unit.map((each) => each.label))}`;
    return [{ path: member.path, label, specs: unit }];
  });
}

const unitOf = (members: readonly FieldSpec[], { unit, name }: FieldSpec): FieldSpec[] =>
  members.filter((member) => (unit === undefined ? member.name === name : member.unit === unit));

/** Entity and field as somebody calls them, by name or by label. Throws NotFoundError that names the nearest. */
export function ruleTarget(entityText: string, fieldText: string): Pick<PolicyScope, 'entity' | 'field'> {
  const entity = entityCalled(entityText);
  return { entity, field: fieldCalled(entity, fieldText) };
}

const isCalled = (text: string, ...names: string[]): boolean =>
  names.some((name) => name.toLowerCase() === text.trim().toLowerCase());

function entityCalled(text: string): string {
  if (isCalled(text, ANY, ALL_ENTITIES)) return ANY;
  const found = entities.find(({ name, label, plural }) => isCalled(text, name, label, plural));
  if (found) return found.name;
  throw new NotFoundError(`There is no entity ${shownValue(text)}`, {
    field: 'entity',
    nextStep: choicesIn(
      text,
      entities.map(({ plural }) => plural),
    ),
  });
}

export const ALL_ENTITIES = 'All Entities';

function fieldCalled(entity: string, text: string): string {
  const fields = ruleFieldsOf(entity);
  const named = fields.find(({ path, label }) => isCalled(text, path, label));
  // What is decided together with others goes by the name of all of them.
  const found =
    named ??
    fields.find(
      ({ specs }) =>
        specs.every(({ unit }) => unit !== undefined) && specs.some(({ path }) => isCalled(text, path)),
    );
  if (found) return found.path;
  const what = entity === ANY ? 'No entity has' : `${pluralOf(entity)} have no`;
  const derived = entitiesIn(entity)
    .flatMap((each) => each.fields)
    .find((spec) => spec.derived && isCalled(text, spec.path, spec.label));
  if (derived) {
    throw new ValidationError(
      `${derived.label} is worked out by the accounting tool, so it never conflicts`,
      {
        field: 'field',
        nextStep: 'Make a rule for a field that people fill in.',
      },
    );
  }
  throw new NotFoundError(`${what} field ${shownValue(text)} that a rule could be for`, {
    field: 'field',
    nextStep: choicesIn(
      text,
      fields.map(({ label }) => label),
    ),
  });
}

const pluralOf = (entity: string): string => entitiesIn(entity)[0]?.plural ?? 'Records';

/** Why a rule is refused. */
export interface RuleProblem {
  /** `impossible`: it could not do what it says. `unconfirmed`: it would do more than somebody may expect. */
  kind: 'impossible' | 'unconfirmed';
  field: string;
  message: string;
  nextStep: string;
}

/** Throws ValidationError. */
export function checkRule(edit: PolicyEdit, context: RuleContext & { isConfirmed: boolean }): void {
  const problem = ruleProblem(edit, context);
  if (!problem || (problem.kind === 'unconfirmed' && context.isConfirmed)) return;
  const { message, field, nextStep } = problem;
  throw new ValidationError(message, { field, nextStep });
}

/** A rule that asks a person does no harm, whatever it is about. */
export function ruleProblem(edit: PolicyEdit, context: RuleContext): RuleProblem | null {
  const { winner } = edit;
  if (winner === null) return null;
  const misplaced = partyProblem(edit) ?? lockProblem(edit, context);
  if (misplaced || winner === 'raise') return misplaced;
  return obstacleProblem(edit, winner, context) ?? amountProblem(edit, winner, context);
}

const impossible = (field: string, message: string, nextStep: string): RuleProblem => ({
  ...{ kind: 'impossible', field, message, nextStep },
});

function partyProblem({ connectionId, entity, counterparty }: PolicyScope): RuleProblem | null {
  if (counterparty === undefined) return null;
  if (entitiesIn(entity).every((each) => each.counterparty === null)) {
    return impossible(
      'customer',
      `${pluralOf(entity)} belong to no customer, so a rule for one customer would never apply`,
      'Leave the customer empty, or choose an entity that has one, such as Invoices.',
    );
  }
  if (connectionId !== ANY) return null;
  return impossible(
    'customer',
    'A customer belongs to one company, and the rule is for all of them',
    'Choose the company of the customer, or leave the customer empty.',
  );
}

function lockProblem(edit: PolicyEdit, { rules }: RuleContext): RuleProblem | null {
  const lock = rules.find((rule) => rule.locked && covers(rule, edit) && !isSameScope(rule, edit));
  if (!lock) return null;
  const whose = lock.connectionId === ANY ? 'all companies' : 'this company';
  return impossible(
    'locked',
    'A locked rule overrules this one, so it would never apply',
    `Remove or unlock the rule for ${targetName(lock)} of ${whose} first.`,
  );
}

/** `Invoices, Due Date`. */
export function targetName({ entity, field }: Pick<PolicyScope, 'entity' | 'field'>): string {
  const name = entity === ANY ? ALL_ENTITIES : pluralOf(entity);
  return field === ANY ? name : `${name}, ${fieldLabel(entity, field)}`;
}

export const fieldLabel = (entity: string, field: string): string =>
  ruleFieldsOf(entity).find(({ path }) => path === field)?.label ?? field;

function obstacleProblem(edit: PolicyEdit, winner: SideName, { companies }: RuleContext): RuleProblem | null {
  const obstacles = companies.flatMap(({ sides }) =>
    entitiesIn(edit.entity).flatMap((entity) => {
      const field = fieldsOf(entity).find(({ path }) => path === edit.field);
      return field ? [obstacle(entity, field, winner, sides)] : [];
    }),
  );
  const [first = null] = obstacles;
  if (first === null || obstacles.includes(null)) return null;
  return impossible(
    'winner',
    `This rule cannot work: ${first}`,
    'Let the other side win, or let a person be asked.',
  );
}

/** Why this winner's value could never be carried over; null where it can be. */
function obstacle(entity: EntityDefinition, field: RuleField, winner: SideName, sides: Sides): string | null {
  const loser = other(winner);
  const who = sides.labels[loser];
  const capability = sides.capabilities[loser].entities[entity.name];
  const records = entity.plural.toLowerCase();
  if (!capability) return `${who} has no ${records}`;
  if (field.path === STATE) {
    const canFollow = capability.remove.length > 0 || capability.create;
    return canFollow ? null : `${who} can neither remove ${records} nor create them`;
  }
  if (!capability.update) return `${who} does not let anybody change ${records}`;
  const [first = null, ...others] = field.specs.map((spec) => fieldObstacle(entity, spec, loser, sides));
  return others.includes(null) ? null : first;
}

function fieldObstacle(
  entity: EntityDefinition,
  { path, label, immutable }: FieldSpec,
  loser: SideName,
  { labels, capabilities }: Sides,
): string | null {
  for (const side of ['app', 'ledger'] as const) {
    const { unsupported = {}, readOnly = {} } = capabilities[side].entities[entity.name] ?? {};
    const missing = listedReason(unsupported, path);
    if (missing !== null) return `${labels[side]} does not keep ${label}. ${missing}`;
    const fixed = side === loser ? listedReason(readOnly, path) : null;
    if (fixed !== null) return `${labels[side]} does not take ${label}. ${fixed}`;
  }
  return immutable ? `${label} cannot be changed once the record exists` : null;
}

const isAmount = ({ kind, tax }: FieldSpec): boolean => kind === 'money' || tax === true;

function amountProblem(edit: PolicyEdit, winner: SideName, { companies }: RuleContext): RuleProblem | null {
  const specs = ruleFieldsOf(edit.entity).find(({ path }) => path === edit.field)?.specs ?? [];
  const amounts = [...new Set(specs.filter(isAmount).map(({ label }) => label))];
  if (amounts.length === 0) return null;
  const [only, another] = companies;
  const labels = only && !another ? only.sides.labels : { app: 'the app', ledger: 'the accounting tool' };
  const what =
    edit.field === STATE
      ? 'Records would be removed or brought back'
      : `${listed(amounts)} would be overwritten`;
  return {
    kind: 'unconfirmed',
    field: 'confirm',
    message: `${what} without asking anybody: where both sides have changed them, ${labels[winner]} would win`,
    nextStep: 'Switch on "Overwrite Amounts Without Asking" if that is what you want.',
  };
}
