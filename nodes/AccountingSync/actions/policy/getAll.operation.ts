import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ANY } from '../../../../shared/people/rules';
import { ruleMatrix } from '../../../../shared/people/ruleWords';
import { withStore } from '../../../runtime/store';
import { chooseRuleFields } from './formFields';
import { chosenCompany, companyProperties } from './ruleProperties';
import { changeView, companiesFor, ruleNames } from './view';

const show = { resource: ['policy'], operation: ['getAll'] };

export const description: INodeProperties[] = [
  ...companyProperties(show),
  {
    displayName: 'Output',
    name: 'output',
    type: 'options',
    noDataExpression: true,
    options: [
      {
        name: 'Form Page',
        value: 'form',
        description:
          'One item with "formFields": the matrix and the questions of a page to set a rule, for an n8n Form',
      },
      {
        name: 'Matrix',
        value: 'matrix',
        description: 'One item for each kind of record: who wins, company by company, inherited or not',
      },
      { name: 'Rules', value: 'rules', description: 'One item for each rule in force' },
    ],
    default: 'rules',
    displayOptions: { show },
  },
];

/** Those of one company with those for all that apply to it, or those of all companies. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const output = this.getNodeParameter('output', itemIndex, 'rules') as string;
  return await withStore(this, async (store) => {
    const connectionId = await chosenCompany(this, store, itemIndex);
    const rules = await store.policies.inForce(connectionId === ANY ? undefined : connectionId);
    const companies = await companiesFor(this, store, connectionId);
    const names = await ruleNames(store, companies, rules);
    const told = rules.map((rule) => changeView(rule, names));
    if (output === 'rules') return told;
    const current = rules.flatMap(({ winner, ...rule }) => (winner === null ? [] : [{ ...rule, winner }]));
    const matrix = ruleMatrix(current, names);
    return output === 'matrix'
      ? matrix
      : [{ rules: told, formFields: chooseRuleFields(matrix, told, companies) }];
  });
}
