import type { SideRecord } from '../../../shared/ports';

/** A record and what its twin knows of it besides. */
export interface Stored extends SideRecord {
  createdAt: number;
  changedAt: number;
  /** As it was before its last change, and so on back to when it was made. */
  before: Stored | null;
}

const NONE: readonly Stored[] = [];

/** Records by entity and id, oldest first. */
export class TwinTable {
  private readonly rows = new Map<string, Stored[]>();
  private readonly at = new Map<string, number>();

  all(entity: string): readonly Stored[] {
    return this.rows.get(entity) ?? NONE;
  }

  get(entity: string, id: string): Stored | undefined {
    const index = this.at.get(`${entity}:${id}`);
    return index === undefined ? undefined : this.rows.get(entity)?.[index];
  }

  set(entity: string, record: Stored): void {
    let rows = this.rows.get(entity);
    if (!rows) this.rows.set(entity, (rows = []));
    const key = `${entity}:${record.id}`;
    const index = this.at.get(key);
    if (index !== undefined) rows[index] = record;
    else this.at.set(key, rows.push(record) - 1);
  }
}
