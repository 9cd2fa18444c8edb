import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError } from '../../../../shared/errors';
import { ruleWords, scopeWords } from '../../../../shared/people/ruleWords';
import { actorOf } from '../../../runtime/actor';
import { withStore } from '../../../runtime/store';
import { isSameScope } from '../../../../shared/sync/policy';
import { chosenScope, reasonOf, reasonProperties, scopeProperties } from './ruleProperties';
import { changeView, companiesFor, ruleNames } from './view';

const show = { resource: ['policy'], operation: ['remove'] };

export const description: INodeProperties[] = [...scopeProperties(show), ...reasonProperties(show)];

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const reason = reasonOf(this, itemIndex);
  return await withStore(this, async (store) => {
    const scope = await chosenScope(this, store, itemIndex);
    const inForce = (await store.policies.inForce(scope.connectionId)).filter(
      ({ connectionId }) => connectionId === scope.connectionId,
    );
    const companies = await companiesFor(this, store, scope.connectionId);
    const names = await ruleNames(store, companies, [scope, ...inForce]);
    if (!inForce.some((rule) => isSameScope(rule, scope))) {
      throw new NotFoundError(`There is no rule for ${scopeWords(names, scope)}`, {
        nextStep:
          inForce.length === 0
            ? 'Nothing is to be removed: there are no rules here.'
            : `Rules there are: ${inForce.map((rule) => ruleWords(names, rule)).join('; ')}.`,
      });
    }
    const now = store.now();
    const by = actorOf(this);
    const edit = { ...scope, winner: null, ...reason };
    const version = await store.policies.set(edit, by, now);
    return [changeView({ ...edit, version, by, at: now }, names)];
  });
}
