import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { questionFor } from '../../../../shared/people/decide';
import { connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { sidesOf } from '../sides';
import { formFieldsOf } from './formFields';
import { chosenConflict, conflictLocator } from './locator';
import { overSentence, questionView } from './view';

const show = { resource: ['conflict'], operation: ['get'] };

export const description: INodeProperties[] = [
  connectionLocator(show),
  conflictLocator(show),
  {
    displayName: 'Add Form Fields',
    name: 'formFields',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description: 'Whether to add "formFields": the question as the JSON fields of an n8n Form page',
    displayOptions: { show },
  },
];

/** One item: the question, or how the conflict has ended. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const isForm = this.getNodeParameter('formFields', itemIndex, false) === true;
  return await withStore(this, async (store) => {
    const { conflict, connection } = await chosenConflict(
      store,
      this.getNodeParameter('conflict', itemIndex),
      this.getNodeParameter('connection', itemIndex),
    );
    const sides = sidesOf(this, connection);
    const found = await questionFor(store, conflict.id, sides);
    if (found.kind === 'open') {
      const { question } = found;
      const form = isForm ? { formFields: formFieldsOf(question) } : {};
      return [{ ...questionView(question, connection), ...form }];
    }
    return [
      {
        heading: overSentence(found, sides.timeZone),
        status: found.how,
        entity: found.entity,
        title: found.title,
        decidedBy: found.by,
        at: found.at === null ? null : new Date(found.at).toISOString(),
        reason: found.reason,
        connectionName: connection.name,
        conflictId: found.conflictId,
        connectionId: connection.id,
      },
    ];
  });
}
