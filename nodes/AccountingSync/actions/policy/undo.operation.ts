import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import { actorOf } from '../../../runtime/actor';
import { withStore } from '../../../runtime/store';
import { chosenScope, reasonOf, reasonProperties, scopeProperties } from './ruleProperties';
import { changeView, companiesFor, ruleNames } from './view';

const show = { resource: ['policy'], operation: ['undo'] };

export const description: INodeProperties[] = [
  {
    displayName: 'What',
    name: 'what',
    type: 'options',
    options: [
      { name: 'A Change by Its Number', value: 'change', description: 'As History outputs it' },
      { name: 'The Last Change of a Rule', value: 'rule' },
    ],
    default: 'change',
    description: 'The rule becomes what it was before that change',
    displayOptions: { show },
  },
  {
    displayName: 'Change',
    name: 'change',
    type: 'number',
    typeOptions: { minValue: 1 },
    required: true,
    default: 1,
    description: 'The number of the change, as History outputs it',
    displayOptions: { show: { ...show, what: ['change'] } },
  },
  ...scopeProperties({ ...show, what: ['rule'] }),
  ...reasonProperties(show),
];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const reason = reasonOf(this, itemIndex);
  return await withStore(this, async (store) => {
    const what =
      this.getNodeParameter('what', itemIndex) === 'rule'
        ? await chosenScope(this, store, itemIndex)
        : { version: versionOf(this.getNodeParameter('change', itemIndex)) };
    const change = await store.policies.undo(what, { ...reason, by: actorOf(this), now: store.now() });
    const companies = await companiesFor(this, store, change.connectionId);
    const names = await ruleNames(store, companies, [change]);
    return [{ ...changeView(change, names), undoes: change.undoes }];
  });
}

function versionOf(value: unknown): number {
  const version = Number(value);
  if (Number.isSafeInteger(version) && version > 0) return version;
  throw new ValidationError(`"${String(value)}" is no number of a change`, {
    field: 'change',
    nextStep: 'Look the number up with Policy: History.',
  });
}
