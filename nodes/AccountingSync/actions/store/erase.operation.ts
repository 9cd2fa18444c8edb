import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import type { Connection } from '../../../../shared/ports';
import { entities } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { actorOf } from '../../../runtime/actor';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';

const show = { resource: ['store'], operation: ['erase'] };

/** Records of people: those that have an e-mail address of their own. */
const PEOPLE = entities.filter(({ fields }) => fields.some(({ name }) => name === 'email'));

export const description: INodeProperties[] = [
  {
    displayName: 'What',
    name: 'scope',
    type: 'options',
    noDataExpression: true,
    options: [
      {
        name: 'A Company',
        value: 'connection',
        description: 'Everything the store has of a connection. What both sides have stays there.',
      },
      {
        name: 'A Person',
        value: 'person',
        description:
          'Names, addresses and other text of one record, also where it is mentioned. Amounts, dates and IDs stay.',
      },
    ],
    default: 'person',
    displayOptions: { show },
  },
  connectionLocator(show),
  {
    displayName: 'Entity',
    name: 'entity',
    type: 'options',
    options: PEOPLE.map(({ label, name }) => ({ name: label, value: name })),
    default: 'customer',
    description: 'What kind of record it is',
    displayOptions: { show: { ...show, scope: ['person'] } },
  },
  {
    displayName: 'Record ID',
    name: 'recordId',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. 58',
    hint: 'Erase the text in the app and in the accounting tool too: it comes back from there with their next change of it',
    description: 'The ID of the record, in the app or in the accounting tool',
    displayOptions: { show: { ...show, scope: ['person'] } },
  },
  {
    displayName: 'Dry Run',
    name: 'dryRun',
    type: 'boolean',
    noDataExpression: true,
    default: true,
    description: 'Whether to say only what would be erased',
    displayOptions: { show },
  },
  {
    displayName: 'Even With Open Work',
    name: 'force',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description: 'Whether to erase although the record has events, writes or conflicts that are not done',
    displayOptions: { show: { ...show, scope: ['person'], dryRun: [false] } },
  },
  {
    displayName: 'Confirm With the Name of the Connection',
    name: 'confirmation',
    type: 'string',
    noDataExpression: true,
    required: true,
    default: '',
    placeholder: 'e.g. Acme Ltd',
    description: 'Nothing that is erased can be brought back. No expression can fill this field.',
    displayOptions: { show: { ...show, dryRun: [false] } },
  },
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const scope = this.getNodeParameter('scope', itemIndex) as 'connection' | 'person';
  const dryRun = this.getNodeParameter('dryRun', itemIndex, true) !== false;
  return await withStore(this, async (store) => {
    const connection = await chosenConnection(store, this.getNodeParameter('connection', itemIndex));
    if (!dryRun) assertConfirmed(connection, this.getNodeParameter('confirmation', itemIndex, ''));
    const result =
      scope === 'person'
        ? await erasePerson(this, store, connection, dryRun, itemIndex)
        : { rows: await eraseCompany(this, store, connection, dryRun) };
    const { id: connectionId, name: connectionName } = connection;
    return [{ erased: !dryRun, ...result, connectionName, connectionId }];
  });
}

function assertConfirmed({ name }: Connection, typed: unknown): void {
  if (typed === name) return;
  throw new ValidationError('The erasure is not confirmed, and nothing was erased', {
    field: 'confirmation',
    nextStep: `Type the name of the connection, "${name}", into Confirm With the Name of the Connection.`,
  });
}

const eraseCompany = async (
  context: IExecuteFunctions,
  store: OpenStore,
  { id }: Connection,
  dryRun: boolean,
): Promise<object> => await store.erasure.connection(id, { now: store.now(), by: actorOf(context), dryRun });

async function erasePerson(
  context: IExecuteFunctions,
  store: OpenStore,
  { id: connectionId }: Connection,
  dryRun: boolean,
  itemIndex: number,
): Promise<object> {
  const entity = context.getNodeParameter('entity', itemIndex) as string;
  const recordId = String(context.getNodeParameter('recordId', itemIndex)).trim();
  const force = context.getNodeParameter('force', itemIndex, false) === true;
  const options = { now: store.now(), by: actorOf(context), dryRun, force };
  const { counts, openWork } = await store.erasure.person({ connectionId, entity, recordId }, options);
  return { rows: counts, openWork, entity, recordId };
}
