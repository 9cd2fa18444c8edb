import type { Conflict, ConflictRecord, EntityCapability, FieldConflict, SideName } from '../ports';
import { entityNamed } from '../schema/entities';
import { elementLabel, type EntityDefinition, type Fields, type FieldSpec } from '../schema/entity';
import { MATCH } from '../sync/adopt';
import { elementKey, elementsOf, sameElement } from '../sync/compare';
import { other, STATE } from '../sync/decide';
import { ORDER } from '../sync/merge/order';
import {
  EMPTY,
  headingOf,
  shownElement,
  shownField,
  shownMembers,
  shownState,
  shownTime,
  type Names,
} from './shown';

/** A conflict as a person is asked about it, in plain words. */
export interface Question {
  conflictId: string;
  /** The state it speaks of: an answer to another one is refused. */
  refreshedAt: number;
  connectionId: string;
  linkId: string;
  entity: string;
  /** The record's number or name. */
  title: string;
  /** `Invoice 1001 · Amy's Bird Sanctuary · 157.40 USD · 6 Jan 2027`. */
  heading: string;
  /** Why a person is asked, and what holds until they answer. */
  explanation: string;
  openedAt: number;
  sides: Readonly<Record<SideName, QuestionSide>>;
  rows: QuestionRow[];
  /** Lines of the record beside each other, where it has lines. */
  lines: QuestionLine[];
  /** What both sides say alike, for whoever wants to see all of it. */
  unchanged: { label: string; value: string }[];
}

export interface QuestionSide {
  /** As people call it: the app, or the accounting tool by its name. */
  label: string;
  recordId: string | null;
  /** `25 Nov 2026, 10:02 by Jane`; null where the side does not tell. */
  changed: string | null;
}

export interface QuestionRow {
  /** What an answer is keyed by. */
  key: string;
  /** `Due Date`, `Line 2: Quantity, Unit Price and Amount`. */
  label: string;
  before: string;
  app: string;
  ledger: string;
  /** What is special about it; null where both sides have changed it. */
  why: string | null;
  /** Those that can be carried out. */
  answers: QuestionAnswer[];
  /** How a value of one's own is entered; null where there is none to be entered. */
  input: { kind: InputKind; choices: readonly string[] } | null;
  /** What a rule would be for, so that nobody is asked again: `Due Date of invoices`. */
  rule: { field: string; label: string } | null;
  /** What somebody chose before, on this very state; it waits for the other rows. */
  chosen: string | null;
}

export interface QuestionAnswer {
  /** `app`, `ledger`, `value`, `new`, or `link:` and the id of a record. */
  id: string;
  label: string;
}

/** Answers of the question which record it is. */
export const NEW = 'new';
export const LINK = 'link:';

export type InputKind = 'text' | 'date' | 'decimal' | 'choice' | 'boolean';

export interface QuestionLine {
  label: string;
  before: string;
  app: string;
  ledger: string;
  differs: boolean;
}

/** What a question needs beside its conflict. */
export interface QuestionContext {
  labels: Readonly<Record<SideName, string>>;
  recordIds: Readonly<Record<SideName, string | null>>;
  /** What each side can do with this kind of record. */
  capabilities: Readonly<Record<SideName, EntityCapability | undefined>>;
  names: Names;
  /** Pairs that records named in the conflict belong to already, by record id: what the other half is called. */
  partners: ReadonlyMap<string, string>;
  timeZone: string;
}

export function questionOf(conflict: Conflict, context: QuestionContext): Question {
  const entity = entityNamed(conflict.entity);
  const asked = new Asked(entity, conflict, context);
  const side = (name: SideName): QuestionSide => ({
    label: context.labels[name],
    recordId: context.recordIds[name],
    changed: changedOf(conflict.record, name, context.timeZone),
  });
  return {
    conflictId: conflict.id,
    refreshedAt: conflict.refreshedAt,
    connectionId: conflict.connectionId,
    linkId: conflict.linkId,
    entity: conflict.entity,
    title: conflict.title,
    heading: headingOf(entity, conflict.title, bestFields(conflict.record), context.names),
    explanation: explanationOf(entity, conflict, context),
    openedAt: conflict.openedAt,
    sides: { app: side('app'), ledger: side('ledger') },
    rows: conflict.fields.map((field) => asked.row(field)),
    lines: asked.lines(),
    unchanged: asked.unchanged(),
  };
}

function changedOf(record: ConflictRecord | null, side: SideName, timeZone: string): string | null {
  const change = record?.[side].lastChange;
  if (!change) return null;
  return `${shownTime(change.at, timeZone)}${change.by === null ? '' : ` by ${change.by}`}`;
}

/** The side that knows totals comes first. */
function bestFields(record: ConflictRecord | null): Fields {
  if (!record) return {};
  const { app, ledger, base } = record;
  return [ledger.fields, app.fields, base ?? {}].find((fields) => Object.keys(fields).length > 0) ?? {};
}

/** The kind of question, which its first field tells: others of the record come with it. */
function explanationOf(entity: EntityDefinition, { fields }: Conflict, context: QuestionContext): string {
  const [first] = fields;
  const record = entity.label.toLowerCase();
  const { app, ledger } = context.labels;
  const held = 'Nothing is written on either side until you decide.';
  switch (first?.path === STATE || first?.path === MATCH ? first.path : first?.reason) {
    case MATCH:
      return matchExplanation(first as FieldConflict, entity, context);
    case STATE:
      return `This ${record} was removed on one side ${
        first?.reason === 'delete_against_edit'
          ? 'and changed on the other since'
          : 'and is still on the other'
      }. ${held}`;
    case 'no_base':
      return `This ${record} was on both sides before they were synchronized, with different values. ${held}`;
    case 'uncertain_write':
      return `The answer to an earlier write never came, so nobody can tell which of these values was entered by a person. ${held}`;
    case 'immutable':
    case 'not_writable':
      return `One side does not take what the other one says. ${held}`;
    default:
      return `${app} and ${ledger} have both changed this ${record}, to different values. ${held}`;
  }
}

function matchExplanation(
  { app, ledger, reason, candidates = [] }: FieldConflict,
  entity: EntityDefinition,
  { labels, partners }: QuestionContext,
): string {
  const record = entity.label.toLowerCase();
  // The side that was searched names several; the other one names the record itself.
  const searched = Array.isArray(app) ? labels.app : Array.isArray(ledger) ? labels.ledger : labels.ledger;
  if (reason === 'uncertain_write')
    return `${searched} was asked to create this ${record}, and its answer never came. Please look there: is it one of these, or is it missing?`;
  const [first, second] = candidates;
  if (!first) return `The ${record} that was chosen is not there any more. Shall a new one be created?`;
  const partner = partners.get(first.id);
  const found = second
    ? `${searched} has ${candidates.length} records that this ${record} could be.`
    : partner === undefined
      ? `${searched} has a ${record} that looks like this one.`
      : `${searched} has a ${record} of the same name, and it already belongs together with ${partner}.`;
  // Two of one name cannot be there: whoever wants both gives one of them another name.
  return entity.naturalKey?.unique === true
    ? `${found} To keep both, give one of them another name; then the sync continues automatically.`
    : found;
}

const REASONS: Readonly<Partial<Record<FieldConflict['reason'], string>>> = {
  delete_against_edit: 'Removed on one side, changed on the other',
  no_base: 'Different from the beginning',
  immutable: 'Cannot be changed once the record exists',
  not_writable: 'One side does not take it',
  uncertain_write: 'It is not certain whether an earlier write has arrived',
};

/** Whoever makes a rule for amounts is told what it means. */
const OVERWRITING = ' (overwritten without asking)';

/** The rows of one question. */
class Asked {
  private readonly listSpec: FieldSpec | undefined;
  /** Number of a line as people count, by its key. */
  private readonly numbers: ReadonlyMap<string, number>;

  constructor(
    private readonly entity: EntityDefinition,
    private readonly conflict: Conflict,
    private readonly context: QuestionContext,
  ) {
    this.listSpec = entity.fields.find(({ kind, identity }) => kind === 'list' && identity === 'id');
    this.numbers = this.numbered();
  }

  row(field: FieldConflict): QuestionRow {
    if (field.path === MATCH) return this.matchRow(field);
    if (field.path === STATE) return this.stateRow(field);
    const place = placeOf(this.entity, field.path);
    const shown = (value: unknown) => this.shown(place, value);
    const values = { before: shown(field.base), app: shown(field.app), ledger: shown(field.ledger) };
    const input = inputOf(place, field);
    const sides = (['app', 'ledger'] as const).filter((side) => this.canTake(other(side), place, field));
    return {
      key: field.path,
      label: this.labelAt(place),
      ...values,
      why: REASONS[field.reason] ?? null,
      answers: [
        ...sides.map((side) => ({ id: side, label: `${this.context.labels[side]}: ${values[side]}` })),
        ...(input && sides.length === 2 ? [{ id: 'value', label: 'Another value' }] : []),
      ],
      input: sides.length === 2 ? input : null,
      rule: sides.length === 2 ? this.ruleOf(place) : null,
      chosen: chosenOf(field),
    };
  }

  lines(): QuestionLine[] {
    const { record } = this.conflict;
    const { listSpec: spec } = this;
    if (!spec || !record) return [];
    const byKey = (fields: Fields | null) =>
      new Map(elementsOf(fields?.[spec.name]).map((element) => [elementKey(spec, element), element]));
    const [base, app, ledger] = [byKey(record.base), byKey(record.app.fields), byKey(record.ledger.fields)];
    const shown = (element: Fields | undefined) =>
      element ? shownElement(spec, element, this.context.names) : '';
    return [...this.numbers].map(([key, number]) => {
      const [before, mine, theirs] = [base.get(key), app.get(key), ledger.get(key)];
      const differs = !mine || !theirs || !sameElement(spec, mine, theirs);
      return {
        label: `${elementLabel(spec)} ${number}`,
        before: shown(before),
        app: shown(mine),
        ledger: shown(theirs),
        differs,
      };
    });
  }

  unchanged(): Question['unchanged'] {
    const { record, fields } = this.conflict;
    if (!record) return [];
    const asked = new Set(fields.map(({ path }) => placeOf(this.entity, path).spec?.name));
    const known = bestFields(record);
    return this.entity.fields
      .filter(({ name, kind }) => kind !== 'list' && !asked.has(name) && (known[name] ?? null) !== null)
      .map((spec) => ({ label: spec.label, value: shownField(spec, known[spec.name], this.context.names) }));
  }

  private matchRow(field: FieldConflict): QuestionRow {
    const { names, labels, partners } = this.context;
    const { candidates = [] } = field;
    const label = this.entity.label.toLowerCase();
    const searched: SideName = Array.isArray(field.app) ? 'app' : 'ledger';
    const list = candidates.map(({ title }) => title).join(', ') || 'Nothing found';
    const title = names.get(this.conflict.linkId) ?? this.conflict.title;
    const answers = candidates
      // What belongs to another pair stays there: a record cannot be in two.
      .filter(({ id }) => !partners.has(id))
      .map(({ id, title: called }) => ({
        id: `${LINK}${id}`,
        label: `Link with ${called}${candidates.length > 1 ? ` (ID ${id})` : ''}`,
      }));
    const keep =
      candidates.length === 0
        ? `Create the ${label} in ${labels[searched]}`
        : `Keep both: create another ${label} in ${labels[searched]}`;
    const isPossible = candidates.length === 0 || this.entity.naturalKey?.unique !== true;
    return {
      key: MATCH,
      label: 'Which record is it?',
      before: '',
      app: searched === 'app' ? list : title,
      ledger: searched === 'ledger' ? list : title,
      why: null,
      answers: [...answers, ...(isPossible ? [{ id: NEW, label: keep }] : [])],
      input: null,
      rule: null,
      chosen: chosenOf(field),
    };
  }

  private stateRow(field: FieldConflict): QuestionRow {
    const { labels } = this.context;
    const record = this.entity.label.toLowerCase();
    const answers = (['app', 'ledger'] as const).map((side) => {
      const [state, elsewhere] = [field[side], field[other(side)]];
      if (state === 'live') return { id: side, label: this.keepLabel(side, elsewhere) };
      const verb = state === 'voided' ? 'Void' : 'Remove';
      return { id: side, label: `${verb} the ${record} in ${labels[other(side)]} too` };
    });
    return {
      key: STATE,
      label: this.entity.label,
      before: shownState(field.base),
      app: shownState(field.app),
      ledger: shownState(field.ledger),
      why: REASONS[field.reason] ?? null,
      answers,
      input: null,
      rule: { field: STATE, label: `removals of ${this.entity.plural.toLowerCase()}${OVERWRITING}` },
      chosen: chosenOf(field),
    };
  }

  /** What is gone for good cannot be brought back everywhere: then both stay as they are. */
  private keepLabel(side: SideName, elsewhere: unknown): string {
    const { labels, capabilities } = this.context;
    const record = this.entity.label.toLowerCase();
    const isBack = elsewhere === 'deleted' && capabilities[other(side)]?.create === true;
    return isBack
      ? `Keep it in ${labels[side]}, and create the ${record} in ${labels[other(side)]} again`
      : `Keep it in ${labels[side]}, and leave ${labels[other(side)]} as it is`;
  }

  private shown({ spec, whole }: Place, value: unknown): string {
    const { names } = this.context;
    if (!spec) return shownState(value);
    if (whole === 'order') return this.shownOrder(value);
    if (value === null || value === undefined) return shownField(spec, null);
    if (whole === 'element') return shownElement(spec, value as Fields, names);
    const members = this.unitOf(spec);
    const isUnit = members.length > 0 && typeof value === 'object';
    return isUnit ? shownMembers(members, value as Fields, names) : shownField(spec, value as never, names);
  }

  /** As a list of keys, or as the text that a decision about the order keeps of it. */
  private shownOrder(value: unknown): string {
    const keys = Array.isArray(value) ? value : typeof value === 'string' ? value.split('\n') : [];
    return keys.map((key) => this.numbers.get(String(key)) ?? '?').join(', ') || EMPTY;
  }

  /** What is decided together with this member. */
  private unitOf(spec: FieldSpec): readonly FieldSpec[] {
    if (spec.unit === undefined) return [];
    return (this.listSpec?.members ?? []).filter(({ unit }) => unit === spec.unit);
  }

  private ruleOf({ spec, list, whole }: Place): QuestionRow['rule'] {
    if (!spec || whole !== null) return null;
    const unit = this.unitOf(spec);
    const members = unit.length > 0 ? unit : [spec];
    const name = unit.length > 0 ? listed(unit.map(({ label }) => label)) : groupLabel(this.entity, spec);
    const isAmount = members.some(({ kind, tax }) => kind === 'money' || tax === true);
    const where = list ? `${elementLabel(list)}: ` : '';
    const of = ` of ${this.entity.plural.toLowerCase()}`;
    return { field: spec.path, label: `${where}${name}${of}${isAmount ? OVERWRITING : ''}` };
  }

  private labelAt({ spec, list, key, whole }: Place): string {
    if (!spec) return 'Record';
    if (whole === 'order') return `Order of the ${spec.label.toLowerCase()}`;
    const line = list && key !== null ? `${elementLabel(list)} ${this.numbers.get(key) ?? ''}`.trim() : '';
    if (whole === 'element') return line;
    const unit = this.unitOf(spec).map(({ label }) => label);
    const name = unit.length > 0 ? listed(unit) : groupLabel(this.entity, spec);
    return line === '' ? name : `${line}: ${name}`;
  }

  /** Whether a side can be given what the other one says. */
  private canTake(side: SideName, { spec, whole }: Place, field: FieldConflict): boolean {
    const capability = this.context.capabilities[side];
    if (!spec || !capability || whole !== null) return capability?.update ?? true;
    const isListed = (paths: Readonly<Record<string, string>>) =>
      paths[spec.path] !== undefined || paths[spec.path.split('.')[0] ?? ''] !== undefined;
    if (isListed(capability.unsupported)) return true;
    if (!capability.update || isListed(capability.readOnly)) return false;
    return !(spec.immutable && field.reason === 'immutable');
  }

  /** Lines as the accounting tool has them, then those that only others have. */
  private numbered(): ReadonlyMap<string, number> {
    const { record } = this.conflict;
    const { listSpec: spec } = this;
    if (!spec || !record) return new Map();
    const keys = [record.ledger.fields, record.app.fields, record.base ?? {}].flatMap((fields) =>
      elementsOf(fields[spec.name]).map((element) => elementKey(spec, element)),
    );
    return new Map([...new Set(keys)].map((key, index) => [key, index + 1]));
  }
}

/** What a path of a conflict speaks of. */
export interface Place {
  /** The field, or the list for one of its elements or their order. */
  spec: FieldSpec | null;
  list: FieldSpec | null;
  /** Of the element. */
  key: string | null;
  /** An element as a whole, or the order of them. */
  whole: 'element' | 'order' | null;
}

/** `dueDate`, `billingAddress.city`, `lines[<key>]`, `lines[<key>].amount`, `lines.$order`. */
export function placeOf(entity: EntityDefinition, path: string): Place {
  const [, name = '', key, member] = /^([^.[]+)(?:\[(.*)\])?(?:\.([^.\]]+))?$/s.exec(path) ?? [];
  const spec = entity.fields.find((candidate) => candidate.name === name) ?? null;
  if (!spec || spec.kind !== 'list') {
    const inner = spec?.members.find((candidate) => candidate.name === member);
    return { spec: inner ?? spec, list: null, key: null, whole: null };
  }
  if (member === ORDER) return { spec, list: spec, key: null, whole: 'order' };
  if (key === undefined) return { spec, list: null, key: null, whole: null };
  const inner = spec.members.find((candidate) => candidate.name === member);
  return inner ? { spec: inner, list: spec, key, whole: null } : { spec, list: spec, key, whole: 'element' };
}

/** A typed value stands for one field; what is chosen as a whole is chosen from a side. */
function inputOf({ spec, whole }: Place, field: FieldConflict): QuestionRow['input'] {
  if (!spec || whole !== null || field.reason === 'immutable') return null;
  switch (spec.kind) {
    case 'text':
    case 'date':
    case 'boolean':
      return { kind: spec.kind, choices: [] };
    case 'decimal':
    case 'money':
      return { kind: 'decimal', choices: [] };
    case 'choice':
      return { kind: 'choice', choices: spec.choices ?? [] };
    default:
      return null;
  }
}

function chosenOf({ chosen }: FieldConflict): string | null {
  if (!chosen) return null;
  return 'winner' in chosen ? chosen.winner : 'value';
}

/** `Quantity, Unit Price and Amount`. */
export const listed = (labels: readonly string[]): string =>
  labels.length < 2 ? (labels[0] ?? '') : `${labels.slice(0, -1).join(', ')} and ${labels.at(-1)}`;

/** A member of a group is called by both: `Billing Address: City`. */
function groupLabel(entity: EntityDefinition, spec: FieldSpec): string {
  const group = entity.fields.find(
    ({ kind, members }) => kind === 'group' && members.some((member) => member === spec),
  );
  return group ? `${group.label}: ${spec.label}` : spec.label;
}
