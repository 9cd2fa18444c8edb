import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ANY, type RuleCompany } from '../../../../shared/people/rules';
import type { PolicyChange } from '../../../../shared/ports';
import type { OpenStore } from '../../../../shared/store';
import { isSameScope } from '../../../../shared/sync/policy';
import { limitOf, limitProperties } from '../../../runtime/limit';
import { withStore } from '../../../runtime/store';
import { chosenCompany, companyProperties } from './ruleProperties';
import { companiesFor, historyView, ruleNames } from './view';

const show = { resource: ['policy'], operation: ['history'] };
const MOST = 100_000;

export const description: INodeProperties[] = [...companyProperties(show), ...limitProperties(show)];

/** The newest first: of one company with those for all, or of all companies. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const limit = Math.min(limitOf(this, itemIndex), MOST);
  return await withStore(this, async (store) => {
    const connectionId = await chosenCompany(this, store, itemIndex);
    const companies = await companiesFor(this, store, connectionId);
    const changes = await changesOf(store, connectionId, companies);
    const told = changes.slice(0, limit);
    const names = await ruleNames(store, companies, told);
    return told.map((change, index) => {
      const before = changes.slice(index + 1).find((earlier) => isSameScope(earlier, change));
      return historyView(change, before, names);
    });
  });
}

async function changesOf(
  store: OpenStore,
  connectionId: string,
  companies: readonly RuleCompany[],
): Promise<PolicyChange[]> {
  const ids = connectionId === ANY ? [ANY, ...companies.map(({ id }) => id)] : [connectionId];
  const changes = new Map<number, PolicyChange>();
  for (const id of ids) {
    for (const change of await store.policies.history(id, MOST)) changes.set(change.version, change);
  }
  return [...changes.values()].sort((a, b) => b.version - a.version);
}
