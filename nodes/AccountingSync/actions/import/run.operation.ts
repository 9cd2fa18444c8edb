import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { entities } from '../../../../shared/schema/entities';
import { firstImport, type EntityImport } from '../../../../shared/sync/import';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { nodeLogger } from '../../../runtime/logger';
import { itemsOf } from '../../../runtime/router';
import { withConnection, type ConnectionRun } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import type { Sorted } from '../outcomes';
import { stopping, tell } from '../telling';

const show = { resource: ['import'], operation: ['run'] };

export const description: INodeProperties[] = [
  {
    displayName:
      'Reads all records on both sides, links those that match and creates those that one side lacks. Where the two differ, they come out as conflicts; nothing is overwritten. You can stop it and run it again: it continues where it was.',
    name: 'importNotice',
    type: 'notice',
    default: '',
    displayOptions: { show },
  },
  {
    displayName: 'Entities',
    name: 'entities',
    type: 'multiOptions',
    options: entities
      .map(({ plural, name }) => ({ name: plural, value: name }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    default: [],
    hint: 'Choose none to import all that the connection keeps in sync',
    description: 'Which kinds of records are imported',
    displayOptions: { show },
  },
];

/** One item per entity in Synced; what needs a person is in Conflict and Failed. */
export async function execute(this: IExecuteFunctions): Promise<Sorted> {
  const chosen = this.getNodeParameter('entities', 0, []) as string[];
  const company = await quickBooksCompany(this);
  return await withStore(this, async (store) => {
    const done: EntityImport[] = [];
    const importAll = async ({ connection, ports, engine }: ConnectionRun) => {
      const stoppedBy = await stopping(
        async () =>
          await firstImport(ports, engine, connection, {
            ...(chosen.length > 0 ? { entities: chosen } : {}),
            onProgress: (progress) =>
              nodeLogger(this.logger).debug('First import', { ...progress, connection: connection.name }),
            onEntity: (entity) => done.push(entity),
          }),
      );
      return { connection, stoppedBy };
    };
    const processed = await withConnection(this, store, company, importAll);
    const { name: connectionName, id: connectionId } = processed.connection;
    const counts = done.map((entity) => ({ ...entity, connectionName, connectionId }));
    return await tell(this, store, processed, itemsOf(counts, 0));
  });
}
