import { entityNamed } from '../../../shared/schema/entities';
import type { Fields, FieldSpec } from '../../../shared/schema/entity';

/** What the people of the simulation work with, in dependency order. */
export const entitiesInPlay = ['customer', 'item', 'invoice', 'credit_note', 'payment'] as const;
export type EntityInPlay = (typeof entitiesInPlay)[number];

/** Where the name of a record stands that is the same on both sides; nobody edits it. */
const MARKERS: Readonly<Record<EntityInPlay, string>> = {
  customer: 'companyName',
  item: 'sku',
  invoice: 'customerMemo',
  credit_note: 'customerMemo',
  payment: 'privateNote',
};

export const markerField = (entity: EntityInPlay): string => MARKERS[entity];
export const markerOf = (entity: EntityInPlay, fields: Fields): string => fields[MARKERS[entity]] as string;

/** A field that people fill in, each time with a value nobody has entered before. */
export interface Editable {
  path: string;
  name: string;
  member: string | null;
  kind: FieldSpec['kind'];
  required: boolean;
  /** Part of the natural key: what records are told by until they are linked. */
  isKey: boolean;
}

const UNIQUE_VALUES: readonly FieldSpec['kind'][] = ['text', 'date', 'money', 'decimal'];
/** Enough members of an address to have two people in one. */
const MEMBERS = ['line1', 'city'];

function editablesOf(entity: EntityInPlay): Editable[] {
  const definition = entityNamed(entity);
  const isEditable = (spec: FieldSpec) =>
    !spec.derived && !spec.immutable && UNIQUE_VALUES.includes(spec.kind) && spec.name !== MARKERS[entity];
  return definition.fields.flatMap((spec): Editable[] => {
    if (spec.kind === 'group' && !spec.derived) {
      return spec.members
        .filter((member) => MEMBERS.includes(member.name))
        .map((member) => ({
          path: member.path,
          name: spec.name,
          member: member.name,
          kind: member.kind,
          required: false,
          isKey: false,
        }));
    }
    if (!isEditable(spec)) return [];
    return [
      {
        path: spec.path,
        name: spec.name,
        member: null,
        kind: spec.kind,
        required: spec.required === true,
        isKey: definition.naturalKey?.fields.includes(spec.name) === true,
      },
    ];
  });
}

/** Derived from the schema, so that a new field is in play from its first day. */
export const editables: Readonly<Record<EntityInPlay, readonly Editable[]>> = {
  customer: editablesOf('customer'),
  item: editablesOf('item'),
  invoice: editablesOf('invoice'),
  credit_note: editablesOf('credit_note'),
  payment: editablesOf('payment'),
};

export function valueAt(fields: Fields, { name, member }: Editable): string | null {
  const value = fields[name];
  if (member === null) return (value ?? null) as string | null;
  return (((value ?? {}) as Fields)[member] ?? null) as string | null;
}

export function withValue(fields: Fields, { name, member }: Editable, value: string | null): Fields {
  if (member === null) return { ...fields, [name]: value };
  return { ...fields, [name]: { ...((fields[name] ?? {}) as Fields), [member]: value } };
}

export const linesOf = (fields: Fields): Fields[] => (fields['lines'] ?? []) as Fields[];
