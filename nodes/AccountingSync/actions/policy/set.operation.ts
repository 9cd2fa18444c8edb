import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { dryRun } from '../../../../shared/people/dryRun';
import { checkRule } from '../../../../shared/people/rules';
import { actorOf } from '../../../runtime/actor';
import { withStore } from '../../../runtime/store';
import { chosenRule, reasonOf, reasonProperties, scopeProperties, winnerProperties } from './ruleProperties';
import { caseView, changeView, companiesFor, ruleNames } from './view';

const show = { resource: ['policy'], operation: ['set'] };
/** Open conflicts that are told one by one. */
const TOLD = 20;

export const description: INodeProperties[] = [
  ...scopeProperties(show),
  ...winnerProperties(show),
  ...reasonProperties(show),
  {
    displayName: 'Overwrite Amounts Without Asking',
    name: 'confirm',
    type: 'boolean',
    default: false,
    description:
      'Whether the rule may decide about amounts and taxes, or about whole records. Without it, such a rule is refused.',
    displayOptions: { show },
  },
];

/** The rule counts from the next change on; what waits for a person already is offered, and stays theirs. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const isConfirmed = this.getNodeParameter('confirm', itemIndex, false) === true;
  const reason = reasonOf(this, itemIndex);
  return await withStore(this, async (store) => {
    const edit = await chosenRule(this, store, itemIndex);
    const { connectionId } = edit;
    const companies = await companiesFor(this, store, connectionId);
    const { rules } = await store.policies.load(connectionId);
    checkRule(edit, { companies, rules, isConfirmed });
    const names = await ruleNames(store, companies, [edit]);
    const tried = await dryRun(store, { edit, companies, since: null, limit: TOLD });
    const now = store.now();
    const by = actorOf(this);
    const version = await store.policies.set({ ...edit, ...reason }, by, now);
    const { decided, partly } = tried.open;
    const offered = tried.cases.filter(({ decides }) => decides.length > 0).map(caseView);
    return [
      {
        ...changeView({ ...edit, ...reason, version, by, at: now }, names),
        nextStep: nextStep(decided + partly),
        openConflicts: offered,
      },
    ];
  });
}

const nextStep = (count: number): string =>
  count === 0
    ? 'The rule counts from the next change on.'
    : `The rule counts from the next change on. ${count === 1 ? '1 open conflict' : `${count} open conflicts`} would be decided by it now, and ${count === 1 ? 'stays' : 'stay'} open until a person decides or the record changes: see Conflict: Get Many.`;
