import type { SideName } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';
import type { Stored } from '../memorySide';
import type { LedgerOfEdits } from './ledgerOfEdits';
import type { Operation } from './operations';
import type { RoughSide } from './roughSide';

type Sides = Record<SideName, RoughSide>;
type Of<K extends Operation['op']> = Extract<Operation, { op: K }>;

/** Where the marker of a record stands; nobody edits it. */
const MARKERS: Record<string, string> = { customer: 'companyName', invoice: 'customerMemo' };
const SCALARS: Record<string, string[]> = {
  customer: ['email', 'phone', 'notes', 'billingAddress.city', 'billingAddress.line1'],
  invoice: ['privateNote', 'billingEmail', 'billingAddress.city', 'number'],
};
export const entitiesInPlay = Object.keys(MARKERS);

export const markerOf = (entity: string, fields: Fields): string | undefined =>
  fields[MARKERS[entity] as string] as string | undefined;

export const scalarsOf = (entity: string): readonly string[] => SCALARS[entity] ?? [];

export function valueAt(fields: Fields, path: string): string | null {
  const [name, member] = path.split('.') as [string, string | undefined];
  const value = fields[name];
  if (member === undefined) return (value ?? null) as string | null;
  return (((value ?? {}) as Fields)[member] ?? null) as string | null;
}

export const linesOf = (fields: Fields): Fields[] => (fields['lines'] ?? []) as Fields[];

/** People at work on both sides. Answers what was done, for the log. */
export class People {
  constructor(
    private readonly sides: Sides,
    private readonly log: LedgerOfEdits,
    private readonly now: () => number,
    private readonly hasNotes: boolean,
  ) {}

  add(step: Of<'add'>): string {
    const marker = `R${this.log.markers.size + 1}`;
    const customers = this.live(step.side, 'customer');
    const customer = customers[step.pick % Math.max(1, customers.length)];
    const entity = step.kind < 2 || !customer ? 'customer' : 'invoice';
    if (entity === 'customer') {
      this.log.markers.add(marker);
      if (step.twin) this.log.twins.add(marker);
      const both: SideName[] = step.twin ? ['app', 'ledger'] : [step.side];
      for (const side of both) this.enter(side, entity, marker, { displayName: `Name ${marker}` });
    } else if (customer) {
      this.log.markers.add(marker);
      this.enter(step.side, entity, marker, {
        customer: { entity: 'customer', id: customer.id },
        date: '2026-11-20',
        lines: [],
      });
      if (step.twin) this.enterAgain(step.side, customer, marker);
    }
    return `${step.side} adds ${entity} ${marker}${step.twin ? ' on both sides' : ''}`;
  }

  private enter(side: SideName, entity: string, marker: string, fields: Fields): void {
    fields[MARKERS[entity] as string] = marker;
    for (const path of [scalarsOf(entity)[0], scalarsOf(entity).at(-1)] as string[]) {
      const value = this.log.token();
      setAt(fields, path, value);
      this.note(marker, side, path, value, undefined);
    }
    if (entity === 'invoice') {
      for (let i = 0; i < 2; i++) linesOf(fields).push(this.newLine(marker, side));
    }
    this.sides[side].add(entity, fields);
  }

  /** The same document, entered on the other side by somebody who has it before them. */
  private enterAgain(side: SideName, customer: Stored, marker: string): void {
    const other = side === 'app' ? 'ledger' : 'app';
    const mine = this.live(side, 'invoice').find(({ fields }) => markerOf('invoice', fields) === marker);
    const theirs = this.live(other, 'customer').find(
      ({ fields }) => fields['displayName'] === customer.fields['displayName'],
    );
    if (!mine || !theirs) return;
    this.log.twins.add(marker);
    const fields = structuredClone(mine.fields);
    fields['customer'] = { entity: 'customer', id: theirs.id };
    for (const line of linesOf(fields)) delete line['id'];
    this.sides[other].add('invoice', fields);
  }

  edit(step: Of<'edit'>): string | null {
    const records = entitiesInPlay.flatMap((entity) =>
      this.live(step.side, entity).map((record) => ({ entity, record })),
    );
    const chosen = records[step.pick % Math.max(1, records.length)];
    if (!chosen) return null;
    const { entity, record } = chosen;
    const marker = markerOf(entity, record.fields) as string;
    let did = '';
    this.sides[step.side].edit(entity, record.id, (fields) => {
      if (entity === 'invoice' && step.what % 2 === 0) {
        did = this.editLines(marker, step, fields);
        return fields;
      }
      const paths = scalarsOf(entity);
      const wanted = paths[step.what % paths.length] as string;
      // Twins are told by their number; the ledger without notes has nowhere to type them.
      const cannot = wanted === 'number' ? this.log.twins.has(marker) : wanted === 'notes' && !this.hasNotes;
      const path = cannot ? (paths[0] as string) : wanted;
      const value = step.clear ? null : this.log.token();
      const saw = valueAt(fields, path);
      setAt(fields, path, value);
      if (saw !== value) this.note(marker, step.side, path, value, saw);
      did = `${path}: ${saw} -> ${value}`;
      return fields;
    });
    return `${step.side} edits ${marker} ${did}`;
  }

  private editLines(marker: string, step: Of<'edit'>, fields: Fields): string {
    const lines = linesOf(fields);
    const at = step.at % Math.max(1, lines.length);
    const line = lines[at];
    const way = Math.floor(step.what / 2) % 5;
    if (way === 0 || !line) {
      const added = this.newLine(marker, step.side);
      lines.splice(step.at % (lines.length + 1), 0, added);
      return `adds line ${String(added['description'])} at ${step.at % lines.length}`;
    }
    if (way === 1) {
      lines.splice(at, 1);
      this.note(marker, step.side, 'line.description', null, line['description'] as string | null);
      this.note(marker, step.side, 'line.amount', null, line['amount'] as string);
      return `removes line ${String(line['description'])}`;
    }
    if (way === 2) {
      lines.splice(at, 1);
      lines.splice((at + 1) % (lines.length + 1), 0, line);
      return `moves line ${String(line['description'])}`;
    }
    if (way === 3) {
      const saw = line['description'] as string;
      line['description'] = `${saw.split('.')[0]}.${this.log.token()}`;
      this.note(marker, step.side, 'line.description', line['description'], saw);
      return `line ${saw} -> ${line['description']}`;
    }
    const saw = line['amount'] as string;
    const next = `${saw.split('.')[0]}.${this.log.token().slice(1)}1`;
    Object.assign(line, { quantity: '1', unitPrice: next, amount: next });
    this.note(marker, step.side, 'line.amount', next, saw);
    return `line ${String(line['description'])} amount ${saw} -> ${next}`;
  }

  /** Description `7.V8` and amount `7.81` belong together: both begin with the number of the line. */
  private newLine(marker: string, side: SideName): Fields {
    const number = this.log.token().slice(1);
    const [description, amount] = [
      `${number}.${this.log.token()}`,
      `${number}.${this.log.token().slice(1)}1`,
    ];
    this.note(marker, side, 'line.description', description, undefined);
    this.note(marker, side, 'line.amount', amount, undefined);
    return { description, quantity: '1', unitPrice: amount, amount };
  }

  drop(step: Of<'drop'>): string | null {
    const entity = step.pick % 3 === 0 ? 'customer' : 'invoice';
    const records = this.live(step.side, entity).filter(
      (record) => entity === 'invoice' || !this.isReferredTo(record.id, step.side),
    );
    const record = records[step.pick % Math.max(1, records.length)];
    if (!record) return null;
    const marker = markerOf(entity, record.fields) as string;
    const saw = new Set(scalarsOf(entity).map((path) => `${path}=${valueAt(record.fields, path)}`));
    for (const line of linesOf(record.fields)) {
      saw.add(`line.description=${String(line['description'])}`);
      saw.add(`line.amount=${String(line['amount'])}`);
    }
    this.log.removals.push({ marker, side: step.side, saw });
    this.sides[step.side].drop(entity, record.id, entity === 'customer' ? 'deleted' : step.state);
    return `${step.side} makes ${marker} ${step.state}`;
  }

  private isReferredTo(id: string, side: SideName): boolean {
    return this.live(side, 'invoice').some(
      (invoice) => (invoice.fields['customer'] as Fields | undefined)?.['id'] === id,
    );
  }

  live(side: SideName, entity: string): Stored[] {
    const isLive = (record: Stored) => record.state === 'live' && record.fields['active'] !== false;
    return this.sides[side].all(entity).filter(isLive);
  }

  private note(
    marker: string,
    side: SideName,
    path: string,
    value: string | null,
    saw: string | null | undefined,
  ): void {
    this.log.edits.push({ marker, side, path, value, saw, at: this.now() });
  }
}

function setAt(fields: Fields, path: string, value: string | null): void {
  const [name, member] = path.split('.') as [string, string | undefined];
  if (member === undefined) fields[name] = value;
  else fields[name] = { ...((fields[name] ?? {}) as Fields), [member]: value };
}
