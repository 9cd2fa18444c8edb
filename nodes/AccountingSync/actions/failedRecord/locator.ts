import type { INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../../../shared/errors';
import type { Connection, FailedRecord } from '../../../../shared/ports';
import { entities, entityNamed } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { locatorValue } from '../../../runtime/locator';

/** Most that a message names. */
const NAMED = 5;
const MOST = 50;

/** Chooses a failed record as people call it. */
export const failedLocator = (show: Record<string, string[]>): INodeProperties => ({
  displayName: 'Failed Record',
  name: 'failedRecord',
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
        searchListMethod: 'searchFailedRecords',
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
      hint: 'The ID in the app or in the accounting tool, or the link ID that Get Many outputs',
    },
  ],
});

type Queue = Pick<OpenStore, 'queue'>;

/** Throws NotFoundError or ValidationError that name what has failed. */
export async function chosenFailed(
  store: Queue,
  connection: Connection,
  locator: unknown,
): Promise<FailedRecord> {
  const { mode, value } = locatorValue(locator);
  if (value === '') {
    throw new ValidationError('No failed record is chosen', {
      field: 'failedRecord',
      nextStep: 'Choose one from the list, or give its number or name.',
    });
  }
  const { id: connectionId } = connection;
  const [linked] =
    mode === 'name' ? [] : await store.queue.failed({ connectionId, linkIds: [value], limit: 1 });
  if (linked) return linked;
  const alike = await alikeIn(store, connectionId, value);
  const found = alike.filter((record) =>
    mode === 'name'
      ? [record.title, failedName(record)].some((name) => name.toLowerCase() === value.toLowerCase())
      : [record.appId, record.ledgerId].includes(value),
  );
  const [only, another] = found;
  if (only && !another) return only;
  if (another) {
    throw new ValidationError(`${found.length} failed records are called "${value}": ${listOf(found)}`, {
      field: 'failedRecord',
      nextStep: 'Choose one from the list, or give the link ID that Get Many outputs.',
    });
  }
  throw await unknownFailed(store, connection, value, alike);
}

/** Named with the kind of record or without. */
async function alikeIn({ queue }: Queue, connectionId: string, text: string): Promise<FailedRecord[]> {
  const alike = await queue.failed({ connectionId, text, limit: MOST });
  const kind = entities.find(({ label }) => text.toLowerCase().startsWith(`${label.toLowerCase()} `));
  if (alike.length > 0 || !kind) return alike;
  const title = text.slice(kind.label.length + 1);
  return await queue.failed({ connectionId, entity: kind.name, text: title, limit: MOST });
}

async function unknownFailed(
  { queue }: Queue,
  { id: connectionId, name }: Connection,
  value: string,
  alike: readonly FailedRecord[],
): Promise<NotFoundError> {
  const failed = alike.length > 0 ? alike : await queue.failed({ connectionId, limit: NAMED + 1 });
  const nextStep =
    failed.length === 0
      ? 'Nothing has failed there: a record that was retried, dismissed or brought in sync is no longer in the list.'
      : `${alike.length > 0 ? 'The nearest are' : 'Failed are'}: ${listOf(failed)}.`;
  return new NotFoundError(`No failed record of "${name}" is called "${value}"`, { nextStep });
}

export const failedName = ({ entity, title }: Pick<FailedRecord, 'entity' | 'title'>): string =>
  `${entityNamed(entity).label} ${title}`;

function listOf(records: readonly FailedRecord[]): string {
  const names = records.slice(0, NAMED).map(failedName).join(', ');
  return records.length > NAMED ? `${names} and more` : names;
}
