import { NotFoundError, StaleVersionError, ValidationError } from '../errors';
import type { AppRecord, Clock, NewEvent, Random, RecordState, Store } from '../ports';
import { addDecimals, multiplyDecimals, normalizeDecimal } from '../schema/money';
import { parseRecord, type EntityDefinition, type Fields, type FieldSpec } from '../schema/entity';
import { entityNamed } from '../schema/entities';

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
    edit: { id?: string; fields: Fields; expectedVersion?: number },
  ): Promise<UpsertResult> {
    const entity = entityNamed(entityName);
    const id = edit.id ?? this.deps.random.id();
    refuseDerived(entity, edit.fields, id);
    const before = await this.deps.store.appRecords.get(this.deps.connectionId, entityName, id);
    checkVersion(entity, before, id, edit.expectedVersion);
    if (before && before.state !== 'live') {
      throw new ValidationError(`${entity.label} ${id} is ${before.state} and cannot be edited`, {
        entity: entityName,
        recordId: id,
        nextStep: 'Create a new record instead.',
      });
    }
    const merged = { ...before?.fields, ...mergeGroups(entity, before?.fields ?? {}, edit.fields) };
    const fields = parsed(entity, withAmounts(entity, this.withLineIds(entity, merged, before?.fields)), id);
    this.completeLines(entity, fields, before?.fields, id);
    if (before && JSON.stringify(before.fields) === JSON.stringify(fields)) {
      return { record: before, created: false, changed: false };
    }
    const record = await this.write(entity, id, 'live', fields, before);
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
    return this.write(entity, id, state, before.fields, before);
  }

  private write(
    entity: EntityDefinition,
    id: string,
    state: RecordState,
    fields: Fields,
    before: AppRecord | null,
  ): Promise<AppRecord> {
    const { store, connectionId, clock } = this.deps;
    const event: NewEvent = { connectionId, entity: entity.name, side: 'app', recordId: id, source: 'app' };
    return store.appRecords.write(
      { connectionId, entity: entity.name, id, state, schemaVersion: entity.version, fields },
      { expectedVersion: before?.version ?? null, event, now: clock.now() },
    );
  }

  /**
   * Lines without an id get one. A line that says the same as one of the record's own keeps that one's
   * identity, so that an app which posts whole documents without line ids still edits them.
   */
  private withLineIds(entity: EntityDefinition, fields: Fields, before: Fields | undefined): Fields {
    const spec = linesOf(entity);
    const lines = spec && fields[spec.name];
    if (!spec || !Array.isArray(lines)) return fields;
    const free = ((before?.[spec.name] ?? []) as Fields[]).filter(
      (line) => !lines.some((candidate) => candidate?.['id'] === line['id']),
    );
    const named = lines.map((line) => {
      if (typeof line !== 'object' || line === null || typeof line['id'] === 'string') return line;
      const { id: _none, ...data } = line;
      const at = free.findIndex((candidate) => saysTheSame(spec, candidate, data));
      return at < 0 ? data : { id: free.splice(at, 1)[0]?.['id'] as string, ...data };
    });
    return {
      ...fields,
      [spec.name]: named.map((line, i) => {
        if (typeof line !== 'object' || line === null || line['id'] !== undefined) return line;
        const inPlace = free.find((candidate) => (before?.[spec.name] as Fields[]).indexOf(candidate) === i);
        if (inPlace) free.splice(free.indexOf(inPlace), 1);
        return { ...line, id: inPlace?.['id'] ?? this.deps.random.id() };
      }),
    };
  }

  /** Amount = quantity x price, to the cent: filled in where missing, refused where it is not. */
  private completeLines(
    entity: EntityDefinition,
    fields: Fields,
    before: Fields | undefined,
    id: string,
  ): void {
    const spec = linesOf(entity);
    if (!spec?.members.some((member) => member.unit === 'price')) return;
    const old = new Map(((before?.[spec.name] ?? []) as Fields[]).map((line) => [line['id'], line]));
    for (const line of fields[spec.name] as Fields[]) {
      const { quantity, unitPrice, amount } = line;
      if (typeof quantity !== 'string' || typeof unitPrice !== 'string') continue;
      const product = multiplyDecimals(quantity, unitPrice, 2);
      if (amount === product) continue;
      if (amount === old.get(line['id'])?.['amount']) {
        line['amount'] = product;
        continue;
      }
      throw new ValidationError(
        `${entity.label} ${id}: lines.amount is not quantity times unit price, rounded to the cent`,
        {
          entity: entity.name,
          recordId: id,
          field: 'lines.amount',
          nextStep: 'Send the product as the amount, or leave quantity and unit price out.',
        },
      );
    }
    if (typeof fields['total'] !== 'string' && !before)
      fields['total'] = sumOf(fields[spec.name] as Fields[]);
  }
}

/** As parseRecord; what is refused here has made no event that could be replayed. */
function parsed(entity: EntityDefinition, fields: Fields, id: string): Fields {
  try {
    return parseRecord(entity, fields, id);
  } catch (error) {
    throw withNextStep(error, 'Correct the record and send the edit again; nothing was stored.');
  }
}

const withNextStep = (error: unknown, nextStep: string): unknown =>
  error instanceof ValidationError
    ? new ValidationError(error.message, { ...error.details, nextStep })
    : error;

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

function saysTheSame(spec: FieldSpec, stored: Fields, posted: Fields): boolean {
  return spec.members.every(
    (member) =>
      JSON.stringify(stored[member.name] ?? null) === JSON.stringify(posted[member.name] ?? null) ||
      (member.required === true && posted[member.name] === undefined),
  );
}

/** A posted address changes the members it names. */
function mergeGroups(entity: EntityDefinition, before: Fields, edit: Fields): Fields {
  const merged = { ...edit };
  for (const spec of entity.fields) {
    const value = edit[spec.name];
    if (spec.kind !== 'group' || typeof value !== 'object' || value === null) continue;
    merged[spec.name] = { ...(before[spec.name] as Fields | null), ...(value as Fields) };
  }
  return merged;
}

function refuseDerived(entity: EntityDefinition, fields: Fields, id: string): void {
  const derived = entity.fields.find((spec) => spec.derived && fields[spec.name] !== undefined);
  if (!derived) return;
  throw new ValidationError(`${entity.label} ${id}: ${derived.path} is computed by the accounting tool`, {
    entity: entity.name,
    recordId: id,
    field: derived.path,
    nextStep: `Leave ${derived.path} out; it follows from the other fields.`,
  });
}

function checkVersion(
  entity: EntityDefinition,
  before: AppRecord | null,
  id: string,
  expected: number | undefined,
): void {
  if (expected === undefined || before?.version === expected) return;
  throw new StaleVersionError(`${entity.label} ${id} has changed since version ${expected}`, {
    entity: entity.name,
    recordId: id,
    nextStep: 'Read the record again and repeat the edit on it.',
  });
}
