import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { dryRun } from '../../../../shared/people/dryRun';
import { ruleProblem } from '../../../../shared/people/rules';
import { ruleWords } from '../../../../shared/people/ruleWords';
import { withStore } from '../../../runtime/store';
import { confirmRuleFields } from './formFields';
import { chosenRule, scopeProperties, winnerProperties } from './ruleProperties';
import { caseView, companiesFor, dryRunSummary, ruleNames } from './view';

const show = { resource: ['policy'], operation: ['dryRun'] };
const DAY_MS = 86_400_000;

export const description: INodeProperties[] = [
  ...scopeProperties(show),
  ...winnerProperties(show),
  {
    displayName: 'Days',
    name: 'days',
    type: 'number',
    typeOptions: { minValue: 0, maxValue: 3650 },
    default: 30,
    description:
      'Conflicts that ended in the last days are looked at too, as long as they are kept. 0: only open ones.',
    displayOptions: { show },
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 50,
    description: 'Max number of results to return',
    displayOptions: { show },
  },
  {
    displayName: 'Add Form Fields',
    name: 'formFields',
    type: 'boolean',
    noDataExpression: true,
    default: false,
    description:
      'Whether to add "formFields": what the rule would do and the question whether to set it, for an n8n Form',
    displayOptions: { show },
  },
];

/** One item; nothing is changed. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const days = this.getNodeParameter('days', itemIndex, 30) as number;
  const limit = this.getNodeParameter('limit', itemIndex, 50) as number;
  const isForm = this.getNodeParameter('formFields', itemIndex, false) === true;
  return await withStore(this, async (store) => {
    const edit = await chosenRule(this, store, itemIndex);
    const companies = await companiesFor(this, store, edit.connectionId);
    const { rules } = await store.policies.load(edit.connectionId);
    const problem = ruleProblem(edit, { companies, rules });
    const since = days > 0 ? store.now() - days * DAY_MS : null;
    const tried = await dryRun(store, { edit, companies, since, limit });
    const names = await ruleNames(store, companies, [edit]);
    const result = {
      summary: dryRunSummary(tried, days),
      rule: ruleWords(names, edit),
      problem,
      open: tried.open,
      past: tried.past,
      conflicts: tried.cases.map(caseView),
      moreConflicts: tried.moreCases,
    };
    return [isForm ? { ...result, formFields: confirmRuleFields(result) } : result];
  });
}
