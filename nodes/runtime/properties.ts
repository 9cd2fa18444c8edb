import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { elementLabel, type EntityDefinition, type FieldSpec } from '../../shared/schema/entity';
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

/** What differs from node to node in the fields of one entity. */
export interface FieldOptions {
  /** Fields that the side cannot take, by path. */
  leaveOut?: Readonly<Record<string, string>>;
  /** Lists of records need no credential, as those of the store do not. */
  openLists?: boolean;
  /** Lines ask for what the schema demands of them. */
  strictLines?: boolean;
  /** Lines can be named by their ID, as a change of a record needs it. */
  lineIds?: boolean;
}

/** Fields that a user can set, in the order of the schema. */
export const writableFields = (
  entity: EntityDefinition,
  leaveOut: Readonly<Record<string, string>> = {},
): FieldSpec[] => entity.fields.filter((spec) => !spec.derived && leaveOut[spec.path] === undefined);

/** Fields to be added one by one. */
export function collectionOf(
  specs: readonly FieldSpec[],
  collection: Pick<INodeProperties, 'displayName' | 'name' | 'displayOptions'> & { description?: string },
  fieldOptions: FieldOptions = {},
): INodeProperties {
  const options = specs.flatMap((spec) => propertiesOf(spec, fieldOptions));
  return {
    ...collection,
    type: 'collection',
    placeholder: 'Add Field',
    default: {},
    options: options.sort(byDisplayName),
  };
}

/** One field; a reference to several entities takes two. */
export function propertiesOf(spec: FieldSpec, options: FieldOptions = {}): INodeProperties[] {
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
          description: 'A number with a decimal point and no thousands separator',
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
      return referenceProperties(spec, options);
    case 'group':
    case 'list':
      return [fixedCollectionOf(spec, options)];
  }
}

const choicesOf = (spec: FieldSpec): INodePropertyOptions[] =>
  (spec.choices ?? [])
    .map((value) => ({ name: labelOf(value), value }))
    .sort((a, b) => a.name.localeCompare(b.name));

function referenceProperties(spec: FieldSpec, { openLists }: FieldOptions): INodeProperties[] {
  const entities = spec.references ?? [];
  const [first = ''] = entities;
  const { name, label } = spec;
  if (entities.length === 1) return [recordLocator({ name, label, entity: first, openLists })];
  const entityName = entityParameter(name);
  return [
    {
      displayName: `${label} Type`,
      name: entityName,
      type: 'options',
      options: entities.map((value) => ({ name: entityNamed(value).label, value })),
      default: first,
    },
    ...entities.map((entity) => ({
      ...recordLocator({ name, label, entity, openLists }),
      displayOptions: { show: { [entityName]: [entity] } },
    })),
  ];
}

interface RecordLocator {
  name: string;
  label: string;
  entity: string;
  openLists?: boolean | undefined;
}

/** Chooses a record of an entity. */
export function recordLocator({ name, label, entity, openLists }: RecordLocator): INodeProperties {
  return {
    displayName: label,
    name,
    type: 'resourceLocator',
    default: { mode: 'list', value: '' },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: searchMethodOf(entity),
          searchable: true,
          ...(openLists ? { skipCredentialsCheckInRLC: true } : {}),
        },
      },
      { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 58' },
    ],
  };
}

function fixedCollectionOf(spec: FieldSpec, options: FieldOptions): INodeProperties {
  const isList = spec.kind === 'list';
  const members = spec.members
    .filter((member) => !member.derived && options.leaveOut?.[member.path] === undefined)
    .flatMap((member) => {
      const asks = isList && options.strictLines === true && member.required === true;
      return propertiesOf(member, options).map((property) =>
        asks ? { ...property, required: true } : property,
      );
    });
  const lineId: INodeProperties = {
    displayName: 'Line ID',
    name: 'id',
    type: 'string',
    default: '',
    placeholder: 'Leave empty for a new line',
    description: 'Which line of the record is changed; it is in the record as it was read',
  };
  const values: INodePropertyCollection = {
    displayName: isList ? elementLabel(spec) : spec.label,
    name: VALUES,
    values: spec.identity === 'id' && options.lineIds ? [...members, lineId] : members,
  };
  return {
    displayName: spec.label,
    name: spec.name,
    type: 'fixedCollection',
    ...(isList ? { typeOptions: { multipleValues: true, sortable: spec.ordered === true } } : {}),
    placeholder: `Add ${values.displayName}`,
    default: {},
    options: [values],
  };
}
