import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import type { EntityDefinition, FieldSpec } from '../../shared/schema/entity';
import { entityNamed } from '../../shared/schema/entities';
import { entityParameter, VALUES } from './values';

/** The n8n fields of an entity, derived from its schema. */

/** `in_progress` is shown as `In Progress`. */
export const labelOf = (value: string): string =>
  value
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

/** The list search that finds records of an entity. */
export const searchMethodOf = (entity: string): string => `search${labelOf(entity).replace(/ /g, '')}`;

const byDisplayName = (a: { displayName: string }, b: { displayName: string }) =>
  a.displayName.localeCompare(b.displayName);

/** Fields that a user can set, in the order of the schema. */
export const writableFields = (
  entity: EntityDefinition,
  leaveOut: Readonly<Record<string, string>> = {},
): FieldSpec[] => entity.fields.filter((spec) => !spec.derived && leaveOut[spec.path] === undefined);

/** Fields to be added one by one. */
export function collectionOf(
  specs: readonly FieldSpec[],
  collection: Pick<INodeProperties, 'displayName' | 'name' | 'displayOptions'> & { description?: string },
  leaveOut: Readonly<Record<string, string>> = {},
): INodeProperties {
  const options = specs.flatMap((spec) => propertiesOf(spec, leaveOut));
  return {
    ...collection,
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    options: options.sort(byDisplayName),
  };
}

/** One field; a reference to several entities takes two. */
export function propertiesOf(
  spec: FieldSpec,
  leaveOut: Readonly<Record<string, string>> = {},
): INodeProperties[] {
  const { name, label: displayName } = spec;
  const base = { displayName, name };
  switch (spec.kind) {
    case 'text':
      return [{ ...base, type: 'string', default: '' }];
    case 'decimal':
    case 'money':
      return [
        {
          ...base,
          type: 'string',
          default: '',
          placeholder: 'e.g. 12.50',
          description: 'A decimal number as text, so that no cent is lost',
        },
      ];
    case 'date':
      return [{ ...base, type: 'dateTime', typeOptions: { dateOnly: true }, default: '' }];
    case 'instant':
      return [{ ...base, type: 'dateTime', default: '' }];
    case 'boolean':
      return [{ ...base, type: 'boolean', default: true, description: `Whether "${displayName}" is set` }];
    case 'choice':
      return [{ ...base, type: 'options', options: choicesOf(spec), default: spec.choices?.[0] ?? '' }];
    case 'reference':
      return referenceProperties(spec);
    case 'group':
    case 'list':
      return [fixedCollectionOf(spec, leaveOut)];
  }
}

const choicesOf = (spec: FieldSpec): INodePropertyOptions[] =>
  (spec.choices ?? [])
    .map((value) => ({ name: labelOf(value), value }))
    .sort((a, b) => a.name.localeCompare(b.name));

function referenceProperties(spec: FieldSpec): INodeProperties[] {
  const entities = spec.references ?? [];
  const [first = ''] = entities;
  const locator = recordLocator(spec.name, spec.label, entities.length === 1 ? first : undefined);
  if (entities.length === 1) return [locator];
  return [
    {
      displayName: `${spec.label} Type`,
      name: entityParameter(spec.name),
      type: 'options',
      options: entities.map((value) => ({ name: entityNamed(value).label, value })),
      default: first,
    },
    locator,
  ];
}

/** Chooses a record of an entity; without one, by ID only. */
export function recordLocator(
  name: string,
  displayName: string,
  entity: string | undefined,
): INodeProperties {
  const byId = { displayName: 'By ID', name: 'id', type: 'string' as const, placeholder: 'e.g. 58' };
  if (entity === undefined) {
    return { displayName, name, type: 'resourceLocator', default: { mode: 'id', value: '' }, modes: [byId] };
  }
  return {
    displayName,
    name,
    type: 'resourceLocator',
    default: { mode: 'list', value: '' },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: { searchListMethod: searchMethodOf(entity), searchable: true },
      },
      byId,
    ],
  };
}

function fixedCollectionOf(spec: FieldSpec, leaveOut: Readonly<Record<string, string>>): INodeProperties {
  const members = spec.members
    .filter((member) => !member.derived && leaveOut[member.path] === undefined)
    .flatMap((member) => propertiesOf(member, leaveOut));
  const lineId: INodeProperties = {
    displayName: 'Line ID',
    name: 'id',
    type: 'string',
    default: '',
    description: 'Of the line that is meant, when a record is changed. Empty for a new line.',
  };
  const values: INodePropertyCollection = {
    displayName: spec.label,
    name: VALUES,
    values: spec.identity === 'id' ? [...members, lineId] : members,
  };
  return {
    displayName: spec.label,
    name: spec.name,
    type: 'fixedCollection',
    ...(spec.kind === 'list'
      ? { typeOptions: { multipleValues: true, sortable: spec.ordered === true } }
      : {}),
    placeholder: `Add ${spec.label}`,
    default: {},
    options: [values],
  };
}
