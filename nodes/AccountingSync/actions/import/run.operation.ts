import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { firstImport, type EntityImport } from '../../../../shared/sync/import';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { nodeLogger } from '../../../runtime/logger';
import { itemsOf } from '../../../runtime/router';
import { withConnection, type ConnectionRun } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import type { Sorted } from '../outcomes';
import { stopping, tell } from '../telling';
import { entitiesChoice } from './entities';
import { importFields, importSummary } from './words';

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
  entitiesChoice(show),
  {
    displayName: 'Summarize',
    name: 'summarize',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description:
      'Whether Synced has one item for all entities, with "formFields" for an n8n Form page, instead of one for each',
    displayOptions: { show },
  },
];

/** One item per entity in Synced; what needs a person is in Conflict and Failed. */
export async function execute(this: IExecuteFunctions): Promise<Sorted> {
  const chosen = this.getNodeParameter('entities', 0, []) as string[];
  const isSummary = this.getNodeParameter('summarize', 0, false) === true;
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
    const stopped = processed.stoppedBy?.message ?? null;
    const summary = {
      summary: importSummary(done, stopped),
      entities: done,
      stoppedBy: stopped,
      formFields: importFields(done, stopped),
    };
    const counts = (isSummary ? [summary] : done).map((item) => ({ ...item, connectionName, connectionId }));
    return await tell(this, store, processed, itemsOf(counts, 0));
  });
}
