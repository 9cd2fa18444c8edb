import type { INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../../../shared/errors';
import type { Conflict, Connection } from '../../../../shared/ports';
import { entityNamed } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { chosenConnection } from '../../../runtime/connection';
import { locatorValue } from '../../../runtime/locator';

/** Most that a message names. */
const NAMED = 5;
const MOST = 50;

/** Chooses a conflict as people call it: by the number or name of its record. */
export const conflictLocator = (show: Record<string, string[]>): INodeProperties => ({
  displayName: 'Conflict',
  name: 'conflict',
  type: 'resourceLocator',
  required: true,
  default: { mode: 'list', value: '' },
  description: 'Which conflict is meant',
  displayOptions: { show },
  modes: [
    {
      displayName: 'From List',
      name: 'list',
      type: 'list',
      typeOptions: {
        searchListMethod: 'searchConflicts',
        searchable: true,
        skipCredentialsCheckInRLC: true,
      },
    },
    {
      displayName: 'By Number or Name',
      name: 'name',
      type: 'string',
      placeholder: 'e.g. 1001',
    },
    { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'As Get Many outputs it' },
  ],
});

export interface ChosenConflict {
  conflict: Conflict;
  connection: Connection;
}

/** Throws NotFoundError or ValidationError that name what is open. */
export async function chosenConflict(
  store: OpenStore,
  locator: unknown,
  connectionLocator: unknown,
): Promise<ChosenConflict> {
  const { mode, value } = locatorValue(locator);
  if (value === '') {
    throw new ValidationError('No conflict is chosen', {
      field: 'conflict',
      nextStep: 'Choose one from the list, or give the number or name of its record.',
    });
  }
  if (mode !== 'name') {
    const conflict = await store.conflicts.get(value);
    const connection = conflict && (await store.connections.get(conflict.connectionId));
    if (conflict && connection) return { conflict, connection };
  }
  const connection = await chosenConnection(store, connectionLocator);
  const alike = await store.conflicts.list({
    connectionId: connection.id,
    status: 'open',
    text: value,
    limit: MOST,
  });
  const named = alike.filter(({ title }) => title.toLowerCase() === value.toLowerCase());
  const [only, another] = named;
  if (only && !another) return { conflict: only, connection };
  if (another)
    throw new ValidationError(`${named.length} open conflicts are about "${value}": ${listOf(named)}`, {
      field: 'conflict',
      nextStep: 'Choose one from the list, or give its ID.',
    });
  throw await unknownConflict(store, connection, value, alike);
}

async function unknownConflict(
  store: OpenStore,
  { id, name }: Connection,
  value: string,
  alike: readonly Conflict[],
): Promise<NotFoundError> {
  const open =
    alike.length > 0 ? alike : await store.conflicts.list({ connectionId: id, status: 'open', limit: NAMED });
  const nextStep = open.length === 0 ? 'No conflict is open there.' : `Open are: ${listOf(open)}.`;
  return new NotFoundError(`No open conflict of "${name}" is about "${value}"`, { nextStep });
}

export const conflictName = ({ entity, title }: Pick<Conflict, 'entity' | 'title'>): string =>
  `${entityNamed(entity).label} ${title}`;

function listOf(conflicts: readonly Conflict[]): string {
  const names = conflicts.slice(0, NAMED).map(conflictName).join(', ');
  return conflicts.length > NAMED ? `${names} and more` : names;
}
