import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../../../shared/errors';
import { namesOf } from '../../../../shared/people/names';
import { recordById, recordsCalled, titleOf, type NamedLink } from '../../../../shared/people/records';
import type { Connection } from '../../../../shared/ports';
import { entities, entityNamed } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { locatorValue } from '../../../runtime/locator';

/** Most that a message names. */
const NAMED = 5;
const MOST = 50;

/** Chooses a record of a connection as people call it. */
export const recordProperties = (show: Record<string, string[]>): INodeProperties[] => [
  {
    displayName: 'Entity',
    name: 'entity',
    type: 'options',
    options: entities
      .map(({ label, name }) => ({ name: label, value: name }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    default: 'invoice',
    description: 'The kind of record',
    displayOptions: { show },
  },
  {
    displayName: 'Record',
    name: 'record',
    type: 'resourceLocator',
    required: true,
    default: { mode: 'list', value: '' },
    description: 'Which record is meant',
    displayOptions: { show },
    modes: [
      {
        displayName: 'From List',
        name: 'list',
        type: 'list',
        typeOptions: {
          searchListMethod: 'searchRecords',
          searchable: true,
          skipCredentialsCheckInRLC: true,
        },
      },
      { displayName: 'By Number or Name', name: 'name', type: 'string', placeholder: 'e.g. 1001' },
      {
        displayName: 'By ID',
        name: 'id',
        type: 'string',
        placeholder: 'e.g. 58',
        hint: 'The ID in the app or in the accounting tool, or the link ID',
      },
    ],
  },
];

/** Throws NotFoundError or ValidationError that name the nearest. */
export async function chosenRecord(
  context: IExecuteFunctions,
  store: OpenStore,
  { id: connectionId, name: company }: Connection,
  itemIndex: number,
): Promise<NamedLink> {
  const { name: entity, label } = entityNamed(String(context.getNodeParameter('entity', itemIndex)));
  const { mode, value } = locatorValue(context.getNodeParameter('record', itemIndex));
  if (value === '') {
    throw new ValidationError('No record is chosen', {
      field: 'record',
      nextStep: 'Choose one from the list, or give its number or name.',
    });
  }
  const byId = mode === 'name' ? null : await recordById(store, connectionId, entity, value);
  if (byId) return { link: byId, title: titleOf(byId, await namesOf(store, connectionId, [byId.id])) };
  const alike = await recordsCalled(store, connectionId, entity, { text: value, limit: MOST });
  const called = alike.filter(({ title }) => title.toLowerCase() === value.toLowerCase());
  const [only, another] = called;
  if (only && !another) return only;
  if (another) {
    throw new ValidationError(`${called.length} records are called ${label} ${value}: ${idsOf(called)}`, {
      field: 'record',
      nextStep: 'Give the ID of one of them.',
    });
  }
  const near = await nearest(store, connectionId, entity, value, alike);
  throw new NotFoundError(`The sync of "${company}" knows no ${label} ${value}`, {
    entity,
    recordId: value,
    nextStep:
      near.length === 0
        ? `It knows no ${label} yet that is called anything like it. Check the entity, the number and the company.`
        : `The nearest are: ${near.join(', ')}.`,
  });
}

/** Those that begin with as much of the text as any do. */
async function nearest(
  store: OpenStore,
  connectionId: string,
  entity: string,
  text: string,
  alike: readonly NamedLink[],
): Promise<string[]> {
  let found = alike;
  for (let part = text; found.length === 0 && part !== ''; ) {
    part = part.slice(0, Math.floor(part.length / 2));
    if (part !== '') found = await recordsCalled(store, connectionId, entity, { text: part, limit: NAMED });
  }
  return found.slice(0, NAMED).map(({ title }) => title);
}

const idsOf = (records: readonly NamedLink[]): string =>
  records
    .slice(0, NAMED)
    .map(({ link: { ledger, app, id } }) => `ID ${ledger.id ?? app.id ?? id}`)
    .join(', ');
