import type { EntityCapability, SideName, SideRecord, WriteOptions } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';
import { MemorySide, type Stored } from '../memorySide';
import type { Variant } from './operations';

/** One change that the side would tell the world about. */
export interface Told {
  side: SideName;
  entity: string;
  id: string;
  at: number;
}

/** A side with the habits that the variant asks for; it remembers every change for its notifications. */
export class RoughSide extends MemorySide {
  constructor(
    private readonly side: SideName,
    private readonly variant: Variant,
    private readonly told: (change: Told) => void,
    now: () => number,
  ) {
    const habits: Partial<EntityCapability> = {
      ...(variant.archiveOnly ? { remove: ['archive'] } : {}),
      ...(variant.noNotes ? { unsupported: { notes: 'has no notes' } } : {}),
      ...(variant.unmarked ? { lookup: 'unique_key' } : {}),
    };
    const invoices: Partial<EntityCapability> = variant.unmarked ? { lookup: 'none' } : {};
    super(
      side[0] as string,
      side === 'app'
        ? { idempotency: null }
        : {
            lock: variant.lock,
            idempotency: variant.idempotency ? { maxLength: 50, ttlMs: 86_400_000 } : null,
            lineIds: variant.lineIds,
          },
      side === 'ledger' ? { customer: habits, invoice: invoices } : {},
    );
    this.now = now;
  }

  override async read(entity: string, id: string): Promise<SideRecord | null> {
    return this.stamped(await super.read(entity, id));
  }

  override async readMany(entity: string, ids: readonly string[]): Promise<Map<string, SideRecord>> {
    const found = await super.readMany(entity, ids);
    return new Map([...found].map(([id, record]) => [id, this.stamped(record) as SideRecord]));
  }

  override async create(entity: string, fields: Fields, options: WriteOptions): Promise<SideRecord> {
    const { externalId: _mark, ...unmarked } = options;
    return await super.create(entity, fields, this.hasNoMarks ? unmarked : options);
  }

  private get hasNoMarks(): boolean {
    return this.side === 'ledger' && this.variant.unmarked;
  }

  private stamped(record: SideRecord | null): SideRecord | null {
    if (!record || !this.variant.readTimes) return record;
    return { ...record, asOf: new Date(this.now()).toISOString() };
  }

  protected override put(entity: string, record: Stored): SideRecord {
    const before = this.records.get(`${entity}:${record.id}`);
    const fields = this.side === 'ledger' ? this.computed(record.fields) : record.fields;
    const replaced = this.side === 'ledger' && this.variant.lineIds === 'replaced' && before !== undefined;
    const stored = super.put(entity, { ...record, fields: replaced ? this.renamed(entity, fields) : fields });
    this.told({ side: this.side, entity, id: record.id, at: this.now() });
    return stored;
  }

  private renamed(entity: string, fields: Fields): Fields {
    if (!Array.isArray(fields['lines'])) return fields;
    return this.withLineIds(entity, {
      ...fields,
      lines: fields['lines'].map(({ id: _id, ...line }) => line),
    });
  }

  private computed(fields: Fields): Fields {
    const result = { ...fields };
    if (this.variant.noNotes) delete result['notes'];
    if (Array.isArray(fields['lines'])) {
      const total = fields['lines'].reduce((sum, line) => sum + Number(line['amount'] ?? 0), 0);
      result['total'] = String(total);
    }
    for (const name of this.variant.rounds ? ['phone', 'billingEmail'] : []) {
      const value = result[name];
      if (typeof value === 'string') result[name] = value.toLowerCase();
    }
    return result;
  }
}
