import { NotFoundError, StaleVersionError } from '../errors';
import type { AppRecord, Clock, NewEvent, Random, RecordState, Store } from '../ports';
import { addDecimals, multiplyDecimals, normalizeDecimal } from '../schema/money';
import { entityNamed } from '../schema/entities';
import type { EntityDefinition, Fields, FieldSpec } from '../schema/entity';
import { labelAt, parseLargeRecord, refuseLongLists } from '../schema/parse';
import { shownValue } from '../schema/text';
import { CORRECT_EDIT, refusedEdit, refuseOversized, refuseUnfitId } from './bounds';
import { withLineIds } from './lineIds';

export interface AppRecordsDeps {
  store: Pick<Store, 'appRecords'>;
  connectionId: string;
  clock: Clock;
  random: Random;
}

export interface UpsertResult {
  record: AppRecord;
  created: boolean;
  /** False when the record already said all of it; no event was queued then. */
  changed: boolean;
}

/**
 * The built-in app side as the app uses it: every edit is stored together with its change event, so an
 * acknowledged edit is never forgotten.
 */
export class AppRecords {
  constructor(private readonly deps: AppRecordsDeps) {}

  /**
   * Creates the record, or changes the given fields of it. Throws ValidationError naming entity, id, field and
   * reason; StaleVersionError when `expectedVersion` is given and no longer current.
   */
  async upsert(
    entityName: string,
    edit: { id?: string; fields: Fields; expectedVersion?: number; by?: string },
  ): Promise<UpsertResult> {
    const entity = entityNamed(entityName);
    const id = edit.id ?? this.deps.random.id();
    refuseUnfitId(entity, id);
    refuseOversized(entity, edit.fields, id);
    refuseDerived(entity, edit.fields, id);
    const before = await this.deps.store.appRecords.get(this.deps.connectionId, entity.name, id);
    checkVersion(entity, before, id, edit.expectedVersion);
    if (before && before.state !== 'live') {
      const reason = `belongs to a record that is ${before.state} and cannot be edited`;
      throw refusedEdit(entity, { field: 'id', label: 'ID', reason }, id, 'Create a new record instead.');
    }
    const merged = { ...before?.fields, ...mergeGroups(entity, before?.fields ?? {}, edit.fields) };
    const complete = withAmounts(entity, this.withLineIds(entity, merged, before?.fields, id));
    const fields = await parseLargeRecord(entity, complete, { recordId: id, nextStep: CORRECT_EDIT });
    completeLines(entity, fields, before?.fields, id);
    if (before && JSON.stringify(before.fields) === JSON.stringify(fields)) {
      return { record: before, created: false, changed: false };
    }
    const record = await this.write(entity, { id, state: 'live', fields, by: edit.by }, before);
    return { record, created: !before, changed: true };
  }

  async get(entityName: string, id: string): Promise<AppRecord | null> {
    return this.deps.store.appRecords.get(this.deps.connectionId, entityNamed(entityName).name, id);
  }

  async list(entityName: string, filter: { afterId?: string; limit: number }): Promise<AppRecord[]> {
    return this.deps.store.appRecords.list(this.deps.connectionId, entityNamed(entityName).name, filter);
  }

  /** Marks the record deleted or voided; it stays readable. */
  async remove(
    entityName: string,
    id: string,
    state: Exclude<RecordState, 'live'> = 'deleted',
  ): Promise<AppRecord> {
    const entity = entityNamed(entityName);
    const before = await this.get(entityName, id);
    if (!before) {
      throw new NotFoundError(`${entity.label} ${id} is not among the app's records`, {
        entity: entityName,
        recordId: id,
        nextStep: 'Check the id.',
      });
    }
    if (before.state === state) return before;
    return this.write(entity, { id, state, fields: before.fields }, before);
  }

  private write(
    entity: EntityDefinition,
    { id, state, fields, by }: { id: string; state: RecordState; fields: Fields; by?: string | undefined },
    before: AppRecord | null,
  ): Promise<AppRecord> {
    const { store, connectionId, clock } = this.deps;
    const event: NewEvent = { connectionId, entity: entity.name, side: 'app', recordId: id, source: 'app' };
    return store.appRecords.write(
      {
        ...{ connectionId, entity: entity.name, id, state, schemaVersion: entity.version, fields },
        ...(by === undefined ? {} : { updatedBy: by }),
      },
      { expectedVersion: before?.version ?? null, event, now: clock.now() },
    );
  }

  private withLineIds(
    entity: EntityDefinition,
    fields: Fields,
    before: Fields | undefined,
    id: string,
  ): Fields {
    const spec = linesOf(entity);
    const lines = spec && fields[spec.name];
    if (!spec || !Array.isArray(lines)) return fields;
    refuseLongLists(entity, fields, { recordId: id, nextStep: CORRECT_EDIT });
    const stored = (before?.[spec.name] ?? []) as Fields[];
    const named = withLineIds(spec, lines, stored, () => this.deps.random.id());
    return { ...fields, [spec.name]: named as Fields[] };
  }
}

/** Amount = quantity x price, to the cent: filled in where missing, refused where it is not. */
function completeLines(
  entity: EntityDefinition,
  fields: Fields,
  before: Fields | undefined,
  recordId: string,
): void {
  const spec = linesOf(entity);
  if (!spec?.members.some((member) => member.unit === 'price')) return;
  const old = new Map(((before?.[spec.name] ?? []) as Fields[]).map((line) => [line['id'], line]));
  const lines = fields[spec.name] as Fields[];
  for (const [index, line] of lines.entries()) {
    const { quantity, unitPrice, amount } = line;
    if (typeof quantity !== 'string' || typeof unitPrice !== 'string') continue;
    const product = multiplyDecimals(quantity, unitPrice, 2);
    if (amount === product) continue;
    if (amount === old.get(line['id'])?.['amount']) {
      line['amount'] = product;
      continue;
    }
    throw refusedEdit(
      entity,
      {
        field: `${spec.name}.${index}.amount`,
        label: labelAt(entity.fields, [spec.name, index, 'amount']),
        reason: 'is not quantity times unit price, rounded to the cent',
        value: shownValue(amount),
      },
      recordId,
      'Send the product as the amount, or leave quantity and unit price out.',
    );
  }
  if (typeof fields['total'] !== 'string' && !before) fields['total'] = sumOf(lines);
}

/** A line without an amount costs quantity times price, where both are decimals. */
function withAmounts(entity: EntityDefinition, fields: Fields): Fields {
  const spec = linesOf(entity);
  const lines = spec && fields[spec.name];
  if (!spec?.members.some((member) => member.unit === 'price') || !Array.isArray(lines)) return fields;
  return {
    ...fields,
    [spec.name]: lines.map((line) => {
      if (typeof line !== 'object' || line === null || line['amount'] !== undefined) return line;
      const factors = [line['quantity'], line['unitPrice']].map((factor) =>
        typeof factor === 'string' ? normalizeDecimal(factor) : null,
      );
      const [quantity, price] = factors;
      return quantity && price ? { ...line, amount: multiplyDecimals(quantity, price, 2) } : line;
    }),
  };
}

const sumOf = (lines: Fields[]) => addDecimals('0', ...lines.map((line) => line['amount'] as string));

const linesOf = (entity: EntityDefinition): FieldSpec | undefined =>
  entity.fields.find((spec) => spec.kind === 'list' && spec.identity === 'id');

/** A posted address changes the members it names. */
function mergeGroups(entity: EntityDefinition, before: Fields, edit: Fields): Fields {
  const merged = { ...edit };
  for (const spec of entity.fields) {
    const value = edit[spec.name];
    if (spec.kind !== 'group' || typeof value !== 'object' || value === null || Array.isArray(value))
      continue;
    merged[spec.name] = { ...(before[spec.name] as Fields | null), ...(value as Fields) };
  }
  return merged;
}

function refuseDerived(entity: EntityDefinition, fields: Fields, id: string): void {
  const derived = entity.fields.find((spec) => spec.derived && fields[spec.name] !== undefined);
  if (!derived) return;
  const { path: field, label } = derived;
  throw refusedEdit(
    entity,
    { field, label, reason: 'is computed by the accounting tool' },
    id,
    `Leave ${label} out; it follows from the other fields.`,
  );
}

function checkVersion(
  entity: EntityDefinition,
  before: AppRecord | null,
  id: string,
  expected: number | undefined,
): void {
  if (expected === undefined || before?.version === expected) return;
  const what = before
    ? `has changed since version ${expected}`
    : `is not there, at version ${expected} or any`;
  throw new StaleVersionError(`${entity.label} ${id} ${what}`, {
    entity: entity.name,
    recordId: id,
    nextStep: before
      ? 'Read the record again and repeat the edit on it.'
      : 'Check the id, or leave the expected version out to create the record.',
  });
}
