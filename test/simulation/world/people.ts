import { cents, fromCents, hasLines } from '../twin/totals';
import type { SideName } from '../../../shared/ports';
import type { Fields } from '../../../shared/schema/entity';
import type { Step } from '../schedule/steps';
import type { Stored } from '../twin/table';
import type { Twin } from '../twin/twin';
import {
  editables,
  entitiesInPlay,
  linesOf,
  markerField,
  markerOf,
  valueAt,
  withValue,
  type Editable,
  type EntityInPlay,
} from './entities';
import type { History, Journal } from './journal';

type Of<K extends Step['step']> = Extract<Step, { step: K }>;

interface Chosen {
  entity: EntityInPlay;
  record: Stored;
  history: History;
}

const NAMES: Partial<Record<EntityInPlay, string>> = { customer: 'displayName', item: 'name' };
/** How many fields of an entity people of one schedule like to edit. */
const TASTES = 3;

const at = <T>(list: readonly T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];
const reference = (entity: string, id: string): Fields => ({ entity, id });

/** A record that others refer to already, and that is not here yet. */
interface Expected {
  side: SideName;
  entity: EntityInPlay;
  id: string;
  fields: Fields;
  history: History;
}

/** People at work on both sides. Each method says what was done, or null when there was nothing to do it to. */
export class People {
  private readonly expected: Expected[] = [];

  constructor(
    private readonly sides: Record<SideName, Twin>,
    private readonly journal: Journal,
    private readonly now: () => number,
    private readonly taste: number,
  ) {}

  add(step: Of<'add'>): string | null {
    const entity = (['customer', 'invoice', 'payment', 'item', 'credit_note'] as const)[
      step.entity
    ] as EntityInPlay;
    const side = this.sides[step.side];
    if (!this.isOnBoth(entity)) return null;
    const needsCustomer = entity !== 'customer' && entity !== 'item';
    const customer = needsCustomer ? at(side.live('customer'), step.pick) : undefined;
    const isEarly = needsCustomer && step.early === true && this.isOnBoth('customer');
    if (needsCustomer && !customer && !isEarly) return this.add({ ...step, entity: 0 });
    const customerId = isEarly ? this.expect('customer', step) : customer?.id;
    const history = this.journal.begin(entity);
    const fields = this.blank(entity, history, step, customerId);
    const made = side.add(entity, fields);
    if (!made) return null;
    if (isEarly)
      return `${step.side}: adds ${entity} ${history.marker} (${made.id}) of customer ${customerId} to come`;
    const isTwin = step.twin && this.enterAgain(step.side, entity, made, customer);
    if (isTwin) history.isTwin = true;
    return `${step.side}: adds ${entity} ${history.marker} (${made.id})${isTwin ? ' on both sides' : ''}`;
  }

  private expect(entity: EntityInPlay, step: Of<'add'>): string {
    const id = this.sides[step.side].reserve(entity);
    const history = this.journal.begin(entity);
    const fields = this.blank(entity, history, step, undefined);
    this.expected.push({ side: step.side, entity, id, fields, history });
    return id;
  }

  /** What others have referred to already is there now. */
  arrive({ pick }: Pick<Of<'arrive'>, 'pick'>): string | null {
    const [come] = this.expected.splice(pick % Math.max(1, this.expected.length), 1);
    if (!come) return null;
    const { side, entity, id, fields, history } = come;
    this.sides[side].add(entity, fields, id);
    return `${side}: ${entity} ${history.marker} (${id}) arrives`;
  }

  private isOnBoth = (entity: string): boolean =>
    this.sides.app.profile.entities[entity] !== undefined &&
    this.sides.ledger.profile.entities[entity] !== undefined;

  private blank(
    entity: EntityInPlay,
    history: History,
    step: Of<'add'>,
    customerId: string | undefined,
  ): Fields {
    const { side, pick } = step;
    let fields: Fields = { [markerField(entity)]: history.marker };
    const name = NAMES[entity];
    if (entity === 'item') fields['type'] = 'service';
    if (customerId !== undefined) fields['customer'] = reference('customer', customerId);
    for (const editable of editables[entity]) {
      if (!editable.required && editable.name !== 'number' && !this.likes(entity, editable, pick % 2))
        continue;
      if (this.cannotHold(side, editable)) continue;
      const value = editable.name === name ? `Name ${history.marker}` : this.value(editable);
      fields = withValue(fields, editable, value);
      this.note(history, side, editable.path, value, undefined);
    }
    if (hasLines(entity)) {
      fields['lines'] = Array.from({ length: 1 + (pick % 3) }, () => this.newLine(history, side));
    }
    if (entity === 'payment' && customerId !== undefined)
      fields['allocations'] = this.allocations(side, customerId, pick);
    return fields;
  }

  /** What money is put against: documents of that customer on that side. */
  private allocations(side: SideName, customerId: string, pick: number): Fields[] {
    const mine = this.sides[side]
      .live('invoice')
      .filter(({ fields }) => (fields['customer'] as Fields)['id'] === customerId);
    const document = at(mine, pick);
    return document && pick % 4 > 0
      ? [{ document: reference('invoice', document.id), amount: String(1 + this.journal.fresh()) }]
      : [];
  }

  /** The same record, entered on the other side by somebody who has it before them. */
  private enterAgain(
    side: SideName,
    entity: EntityInPlay,
    made: Stored,
    customer: Stored | undefined,
  ): boolean {
    const other = side === 'app' ? 'ledger' : 'app';
    let fields = made.fields;
    if (entity === 'payment') return false;
    if (customer) {
      const name = customer.fields['displayName'];
      const theirs = this.sides[other].live('customer').find((each) => each.fields['displayName'] === name);
      if (!theirs) return false;
      fields = { ...fields, customer: reference('customer', theirs.id) };
    }
    if (hasLines(entity)) {
      const lines = linesOf(fields).map(({ id: _id, item: _item, ...line }) => line);
      fields = { ...fields, lines };
    }
    return this.sides[other].add(entity, fields) !== null;
  }

  edit(step: Of<'edit'>): string | null {
    const chosen = this.choose(step.side, step.pick);
    if (!chosen || !this.mayEdit(step.side, chosen)) return null;
    const { entity, record, history } = chosen;
    const liked = editables[entity].filter(
      (each, i) => this.likes(entity, each, i) && !this.cannotHold(step.side, each),
    );
    const wanted = at(liked, step.field);
    // Twins are told by their key.
    if (!wanted || (wanted.isKey && history.isTwin)) return null;
    const value = step.clear && !wanted.required ? null : this.valueFor(wanted, history, step);
    const saw = valueAt(record.fields, wanted);
    if (saw === value) return null;
    if (!this.sides[step.side].edit(entity, record.id, withValue(record.fields, wanted, value))) return null;
    this.note(history, step.side, wanted.path, value, saw);
    return `${step.side}: edits ${history.marker} ${wanted.path}: ${saw} -> ${value}`;
  }

  /** A new value, or one that the field has had before. */
  private valueFor(wanted: Editable, { edits }: History, step: Of<'edit'>): string {
    const before = edits.filter(({ path, value }) => path === wanted.path && value !== null);
    const earlier = step.back && !wanted.isKey ? at(before, step.pick)?.value : null;
    return earlier ?? this.value(wanted);
  }

  lines(step: Of<'lines'>): string | null {
    const forms = (['invoice', 'credit_note'] as const).flatMap((entity) => this.records(step.side, entity));
    const chosen = at(forms, step.pick);
    if (!chosen) return null;
    const { entity, record, history } = chosen;
    const lines = [...linesOf(record.fields)];
    const did = this.editLines(history, step, lines);
    if (!this.sides[step.side].edit(entity, record.id, { ...record.fields, lines })) return null;
    return `${step.side}: ${history.marker} ${did}`;
  }

  private editLines(history: History, step: Of<'lines'>, lines: Fields[]): string {
    const index = step.at % Math.max(1, lines.length);
    const line = lines[index];
    const { way, side } = step;
    if (way === 0 || !line || (way === 1 && lines.length === 1)) {
      const added = this.newLine(history, side);
      lines.splice(step.at % (lines.length + 1), 0, added);
      return `gets line ${String(added['description'])} at ${step.at % lines.length}`;
    }
    const [text, amount] = [String(line['description']), String(line['amount'])];
    if (way === 1) {
      lines.splice(index, 1);
      this.note(history, side, 'line.description', null, text);
      this.note(history, side, 'line.amount', null, amount);
      return `loses line ${text}`;
    }
    if (way === 2) {
      lines.splice(index, 1);
      lines.splice((index + 1) % (lines.length + 1), 0, line);
      history.orders.push({ side, texts: lines.map(({ description }) => String(description)) });
      return `moves line ${text}`;
    }
    if (way === 3) {
      const next = `${text.split('.')[0]}.${this.journal.fresh()}`;
      lines[index] = { ...line, description: next };
      this.note(history, side, 'line.description', next, text);
      return `line ${text} -> ${next}`;
    }
    if (way === 4) {
      const item = at(this.sides[side].live('item'), step.at);
      lines[index] = { ...line, item: item ? reference('item', item.id) : null };
      return `line ${text} is now about item ${item?.id ?? 'none'}`;
    }
    const next = this.amount(amount.split('.')[0] as string);
    const quantity = cents(next) % 2 === 0 ? 2 : 1;
    const unitPrice = fromCents(cents(next) / quantity);
    lines[index] = { ...line, quantity: String(quantity), unitPrice, amount: next };
    this.note(history, side, 'line.amount', next, amount);
    return `line ${text}: amount ${amount} -> ${next}`;
  }

  /** Description `7.8` and amount `7.09` belong together: both begin with the number of the line. */
  private newLine(history: History, side: SideName): Fields {
    const number = String(this.journal.fresh());
    const [description, amount] = [`${number}.${this.journal.fresh()}`, this.amount(number)];
    this.note(history, side, 'line.description', description, undefined);
    this.note(history, side, 'line.amount', amount, undefined);
    return { description, quantity: '1', unitPrice: amount, amount };
  }

  /** Cents that no other amount of this line has had, in normal form. */
  private amount(number: string): string {
    const cents = 1 + (this.journal.fresh() % 99);
    return `${number}.${String(cents).padStart(2, '0').replace(/0$/, '')}`;
  }

  /** Points a document to another customer. */
  refer(step: Of<'refer'>): string | null {
    const forms = (['invoice', 'credit_note'] as const).flatMap((entity) => this.records(step.side, entity));
    const chosen = at(forms, step.pick);
    const customer = at(this.sides[step.side].live('customer'), step.to);
    if (!chosen || !customer || chosen.history.isTwin) return null;
    const { entity, record, history } = chosen;
    const fields = { ...record.fields, customer: reference('customer', customer.id) };
    if (!this.sides[step.side].edit(entity, record.id, fields)) return null;
    return `${step.side}: ${history.marker} is now for ${markerOf('customer', customer.fields)}`;
  }

  /** Puts a payment's money against another document, or against none. */
  pay(step: Of<'pay'>): string | null {
    const chosen = at(this.records(step.side, 'payment'), step.pick);
    if (!chosen || !this.mayEdit(step.side, chosen)) return null;
    const { record, history } = chosen;
    const customerId = (record.fields['customer'] as Fields)['id'] as string;
    const allocations = this.allocations(step.side, customerId, step.part);
    this.sides[step.side].edit('payment', record.id, { ...record.fields, allocations });
    return `${step.side}: ${history.marker} pays ${JSON.stringify(allocations)}`;
  }

  remove(step: Of<'remove'>): string | null {
    const free = entitiesInPlay
      .flatMap((entity) => this.records(step.side, entity))
      .filter(({ entity, record }) => !this.isReferredTo(step.side, entity, record.id));
    const chosen = at(free, step.pick);
    const mode = chosen && at(this.modes(step.side, chosen.entity), step.state);
    if (!chosen || !mode) return null;
    const { entity, record, history } = chosen;
    history.removals.push({ side: step.side, saw: sightOf(entity, record.fields) });
    const state = mode === 'delete' ? 'deleted' : mode === 'void' ? 'voided' : 'archived';
    this.sides[step.side].drop(entity, record.id, state);
    return `${step.side}: makes ${history.marker} ${state}`;
  }

  /** Somebody takes a removal back; what is voided stays so. */
  reopen(step: Of<'reopen'>): string | null {
    const twin = this.sides[step.side];
    const gone = entitiesInPlay
      .filter((entity) => twin.profile.entities[entity])
      .flatMap((entity) => twin.all(entity).map((record) => ({ entity, record })))
      .filter(({ record }) => !twin.isLive(record) && record.state !== 'voided');
    const chosen = at(gone, step.pick);
    if (!chosen || (chosen.record.state === 'deleted' && !twin.profile.tombstones)) return null;
    const history = this.historyOf(chosen.entity, chosen.record);
    if (!twin.reopen(chosen.entity, chosen.record.id)) return null;
    history.reopenings++;
    return `${step.side}: brings back ${history.marker}`;
  }

  private modes = (side: SideName, entity: string) => this.sides[side].profile.entities[entity]?.remove ?? [];

  /** One customer turns out to be another: it goes, and what referred to it refers to the other. */
  merge(step: Of<'merge'>): string | null {
    const side = this.sides[step.side];
    const customers = this.records(step.side, 'customer');
    const from = at(customers, step.pick);
    const into = at(customers, step.into);
    if (!from || !into || from === into || from.record.id === into.record.id) return null;
    for (const entity of ['invoice', 'credit_note', 'payment'] as const) {
      for (const record of side.live(entity)) {
        if ((record.fields['customer'] as Fields)['id'] !== from.record.id) continue;
        if (!side.profile.entities[entity]?.update || this.historyOf(entity, record).isTwin) return null;
      }
    }
    for (const entity of ['invoice', 'credit_note', 'payment'] as const) {
      for (const record of side.live(entity)) {
        if ((record.fields['customer'] as Fields)['id'] !== from.record.id) continue;
        side.edit(entity, record.id, { ...record.fields, customer: reference('customer', into.record.id) });
      }
    }
    from.history.removals.push({ side: step.side, saw: sightOf('customer', from.record.fields) });
    const isArchived = !this.modes(step.side, 'customer').includes('delete');
    side.drop('customer', from.record.id, isArchived ? 'archived' : 'deleted', true);
    return `${step.side}: merges ${from.history.marker} into ${into.history.marker}`;
  }

  private isReferredTo(side: SideName, entity: string, id: string): boolean {
    const twin = this.sides[side];
    const names = (target: unknown) => {
      const value = target as Fields | null | undefined;
      return value?.['entity'] === entity && value['id'] === id;
    };
    for (const kind of ['invoice', 'credit_note', 'payment'] as const) {
      for (const { fields } of twin.live(kind)) {
        if (names(fields['customer'])) return true;
        if (linesOf(fields).some((line) => names(line['item']))) return true;
        if (((fields['allocations'] ?? []) as Fields[]).some((each) => names(each['document']))) return true;
      }
    }
    return false;
  }

  private choose(side: SideName, pick: number): Chosen | undefined {
    return at(
      entitiesInPlay.flatMap((entity) => this.records(side, entity)),
      pick,
    );
  }

  private records(side: SideName, entity: EntityInPlay): Chosen[] {
    if (!this.sides[side].profile.entities[entity]) return [];
    return this.sides[side]
      .live(entity)
      .map((record) => ({ entity, record, history: this.historyOf(entity, record) }));
  }

  private historyOf = (entity: EntityInPlay, record: Stored): History =>
    this.journal.of(markerOf(entity, record.fields));

  private mayEdit = (side: SideName, { entity }: Chosen): boolean =>
    this.sides[side].profile.entities[entity]?.update === true;

  private cannotHold = (side: SideName, { name }: Editable): boolean =>
    name === 'notes' && this.sides[side].profile.unsupportedNotes;

  /** People of one schedule like the same few fields, so that they meet there. */
  private likes(entity: EntityInPlay, { required, isKey }: Editable, index: number): boolean {
    const count = editables[entity].length;
    if (required || isKey) return this.taste % 3 === 0;
    return (index + this.taste) % count < TASTES;
  }

  private value({ kind }: Editable): string {
    const fresh = this.journal.fresh();
    if (kind === 'date') return new Date(Date.UTC(2026, 0, 1 + fresh)).toISOString().slice(0, 10);
    if (kind === 'money' || kind === 'decimal') return `${fresh}.5`;
    return `V${fresh}`;
  }

  private note(
    history: History,
    side: SideName,
    path: string,
    value: string | null,
    saw: string | null | undefined,
  ): void {
    history.edits.push({ side, path, value, saw, at: this.now() });
  }
}

/** Everything that stands in a record, as somebody sees it who is about to remove it. */
function sightOf(entity: EntityInPlay, fields: Fields): Set<string> {
  const saw = new Set<string>();
  for (const editable of editables[entity]) {
    const value = valueAt(fields, editable);
    if (value !== null) saw.add(`${editable.path}=${value}`.toLowerCase());
  }
  for (const line of linesOf(fields)) {
    saw.add(`line.description=${String(line['description'])}`.toLowerCase());
    saw.add(`line.amount=${String(line['amount'])}`.toLowerCase());
  }
  return saw;
}
