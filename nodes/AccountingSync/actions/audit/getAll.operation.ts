import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError } from '../../../../shared/errors';
import type { AuditRow, LinkStore } from '../../../../shared/ports';
import { entities, entityNamed } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';
import { entriesOf } from './entries';
import { chosenChain, scopeProperties } from './scope';

const show = { resource: ['audit'], operation: ['getAll'] };
const ANY = '';
const PAGE = 200;
const MOST = 100_000;

export const description: INodeProperties[] = [
  ...scopeProperties('getAll'),
  {
    displayName: 'Entity',
    name: 'entity',
    type: 'options',
    options: [
      { name: 'Any', value: ANY },
      ...entities
        .map(({ label, name }) => ({ name: label, value: name }))
        .sort((a, b) => a.name.localeCompare(b.name)),
    ],
    default: ANY,
    description: 'Of which kind of records',
    displayOptions: { show: { ...show, scope: ['connection'] } },
  },
  {
    displayName: 'Record ID',
    name: 'recordId',
    type: 'string',
    default: '',
    placeholder: 'e.g. 58',
    hint: 'Leave empty for all records. Needs an entity.',
    description: 'The ID of one record, in the app or in the accounting tool',
    displayOptions: { show: { ...show, scope: ['connection'] }, hide: { entity: [ANY] } },
  },
  {
    displayName: 'Since',
    name: 'since',
    type: 'dateTime',
    default: '',
    hint: 'Leave empty for all of the time that is kept',
    displayOptions: { show },
  },
  ...limitProperties(show),
];

/** The newest first. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const entity = this.getNodeParameter('entity', itemIndex, ANY) as string;
  const recordId = (this.getNodeParameter('recordId', itemIndex, '') as string | number).toString().trim();
  const since = Date.parse(this.getNodeParameter('since', itemIndex, '') as string);
  const limit = Math.min(limitOf(this, itemIndex), MOST);
  return await withStore(this, async (store) => {
    const { connectionId } = await chosenChain(this, store, itemIndex);
    const linkId =
      entity === ANY || recordId === ''
        ? undefined
        : await linkOf(store.links, connectionId, entity, recordId);
    const output: object[] = [];
    for await (const row of newestFirst(store, connectionId, linkId)) {
      if (row.at < since) break;
      if (entity !== ANY && row.detail['entity'] !== entity) continue;
      output.push(...entriesOf(row));
      if (output.length >= limit) break;
    }
    return output.slice(0, limit);
  });
}

async function linkOf(
  links: LinkStore,
  connectionId: string,
  entity: string,
  recordId: string,
): Promise<string> {
  for (const side of ['ledger', 'app'] as const) {
    const link = (await links.bySide(connectionId, entity, side, [recordId])).get(recordId);
    if (link) return link.id;
  }
  throw new NotFoundError(`The sync knows no ${entityNamed(entity).label} ${recordId}`, {
    entity,
    recordId,
    nextStep: 'Use the ID that the app or the accounting tool has for the record.',
  });
}

async function* newestFirst(
  store: Pick<OpenStore, 'audit'>,
  connectionId: string,
  linkId: string | undefined,
): AsyncGenerator<AuditRow> {
  let beforeSeq = Number.MAX_SAFE_INTEGER;
  while (true) {
    const only = linkId === undefined ? {} : { linkId };
    const rows = await store.audit.list(connectionId, { beforeSeq, limit: PAGE, ...only });
    yield* rows;
    if (rows.length < PAGE) return;
    beforeSeq = rows.at(-1)!.seq;
  }
}
