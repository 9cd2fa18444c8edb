import type { ILoadOptionsFunctions, INodeListSearchResult, INodePropertyOptions } from 'n8n-workflow';
import { ruleFieldsOf } from '../../../../shared/people/rules';
import { chosenConnection } from '../../../runtime/connection';
import { toNodeError } from '../../../runtime/errors';
import { withStore } from '../../../runtime/store';
import { partiesLike } from './party';

/** The fields of the chosen entity that a rule can be about. */
export async function getRuleFields(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
  const entity = String(this.getCurrentNodeParameter('entity') ?? '');
  return ruleFieldsOf(entity).map(({ label, path }) => ({ name: label, value: path }));
}

/** Customers of the chosen connection that both sides have. */
export async function searchParties(
  this: ILoadOptionsFunctions,
  filter?: string,
): Promise<INodeListSearchResult> {
  try {
    const locator = this.getCurrentNodeParameter('connection');
    const results = await withStore(this, async (store) => {
      const { id } = await chosenConnection(store, locator);
      return await partiesLike(store, id, filter);
    });
    return { results };
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
}
