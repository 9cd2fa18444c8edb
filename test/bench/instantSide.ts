import { StaleVersionError } from '../../shared/errors';
import type { Side, SideCapabilities, SideRecord } from '../../shared/ports';
import type { Fields } from '../../shared/schema/entity';
import { everything } from '../support/capability';

/** A side that answers at once, so that what is measured is ours. Holds one entity; records are never mutated. */
export class InstantSide implements Side {
  readonly capabilities: SideCapabilities;
  private readonly records = new Map<string, SideRecord>();

  constructor(label: string, entities: readonly string[]) {
    const table = Object.fromEntries(entities.map((name) => [name, everything]));
    this.capabilities = {
      label,
      lock: true,
      idempotency: null,
      versions: 'opaque',
      lineIds: 'kept',
      entities: table,
    };
  }

  put(id: string, version: string, fields: Fields): SideRecord {
    const record: SideRecord = { id, version, state: 'live', fields };
    this.records.set(id, record);
    return record;
  }

  /** As a person would. */
  edit(id: string, change: Fields): void {
    const record = this.records.get(id) as SideRecord;
    this.put(id, String(Number(record.version) + 1), { ...record.fields, ...change });
  }

  async read(_entity: string, id: string) {
    return this.records.get(id) ?? null;
  }

  async readMany(_entity: string, ids: readonly string[]) {
    return new Map(
      ids.flatMap((id): [string, SideRecord][] => {
        const record = this.records.get(id);
        return record ? [[id, record]] : [];
      }),
    );
  }

  async find(_entity: string, fields: Fields) {
    const record = this.records.get(
      String(fields['number'] ?? fields['displayName']).replace('INV', this.capabilities.label),
    );
    return record ? { kind: 'candidate' as const, record } : { kind: 'none' as const };
  }

  async list() {
    return { records: [...this.records.values()], next: null, asOf: new Date().toISOString() };
  }

  async create(_entity: string, fields: Fields, options: { externalId?: string }) {
    return this.put(String(options.externalId), '0', fields);
  }

  async update(_entity: string, current: SideRecord, desired: Fields) {
    const record = this.records.get(current.id);
    if (record?.version !== current.version) throw new StaleVersionError('stale');
    return this.put(current.id, String(Number(record.version) + 1), { ...record.fields, ...desired });
  }

  async remove(_entity: string, current: SideRecord) {
    this.records.delete(current.id);
    return { ...current, state: 'deleted' as const };
  }
}
