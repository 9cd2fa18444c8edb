import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ANY, ALL_ENTITIES, ruleTarget } from '../../../../shared/people/rules';
import { ALL_COMPANIES } from '../../../../shared/people/ruleWords';
import type { PolicyEdit, PolicyScope, PolicyWinner } from '../../../../shared/ports';
import { ValidationError } from '../../../../shared/errors';
import { entities } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { partyLocator, chosenParty } from './party';

type Show = Record<string, string[]>;

/** Which companies are meant: all of them, or one. */
export const companyProperties = (show: Show): INodeProperties[] => [
  {
    displayName: 'For',
    name: 'scope',
    type: 'options',
    options: [
      { name: ALL_COMPANIES, value: 'all' },
      { name: 'One Company', value: 'connection' },
    ],
    default: 'connection',
    displayOptions: { show },
  },
  connectionLocator({ ...show, scope: ['connection'] }),
];

const ENTITIES = [
  { name: ALL_ENTITIES, value: ANY },
  ...entities
    .map(({ label, name }) => ({ name: label, value: name }))
    .sort((a, b) => a.name.localeCompare(b.name)),
];

/** What a rule is about. */
export const scopeProperties = (show: Show): INodeProperties[] => [
  ...companyProperties(show),
  {
    displayName: 'Entity',
    name: 'entity',
    type: 'options',
    options: ENTITIES,
    default: 'invoice',
    description: 'Of which kind of records',
    displayOptions: { show },
  },
  {
    displayName: 'Field Name or ID',
    name: 'field',
    type: 'options',
    typeOptions: { loadOptionsMethod: 'getRuleFields', loadOptionsDependsOn: ['entity'] },
    default: '',
    hint: 'Leave empty for all fields',
    description:
      'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
    displayOptions: { show },
  },
  partyLocator({ ...show, scope: ['connection'] }),
];

/** Who is to win. */
export const winnerProperties = (show: Show): INodeProperties[] => [
  {
    displayName: 'Winner',
    name: 'winner',
    type: 'options',
    options: [
      {
        name: 'Accounting Tool',
        value: 'ledger',
        description: 'What the accounting tool says is carried to the app',
      },
      { name: 'App', value: 'app', description: 'What the app says is carried to the accounting tool' },
      { name: 'Ask', value: 'raise', description: 'Nothing is written until a person has decided' },
    ],
    default: 'raise',
    description: 'Whose value counts where both sides have changed the same field',
    displayOptions: { show },
  },
  {
    displayName: 'Lock',
    name: 'locked',
    type: 'boolean',
    default: false,
    description: 'Whether nothing more specific overrules this rule',
    displayOptions: { show },
  },
];

/** Why something is changed, and who is behind it. */
export const reasonProperties = (show: Show): INodeProperties[] => [
  {
    displayName: 'Reason',
    name: 'reason',
    type: 'string',
    default: '',
    placeholder: 'e.g. They only work in the app',
    description: 'Why, for whoever looks at the history',
    displayOptions: { show },
  },
  {
    displayName: 'Decided By',
    name: 'decidedBy',
    type: 'string',
    default: '',
    placeholder: 'e.g. jane@acme.example',
    description:
      'The person behind this, where a form or a message tells it. The audit names the workflow too.',
    displayOptions: { show },
  },
];

const MOST_CHARACTERS = 500;

export function reasonOf(
  context: IExecuteFunctions,
  itemIndex: number,
): Pick<PolicyEdit, 'reason' | 'decidedBy'> {
  const textOf = (name: string, label: string) => {
    const text = String(context.getNodeParameter(name, itemIndex, '') ?? '').trim();
    if (text.length <= MOST_CHARACTERS) return text;
    throw new ValidationError(`${label} must not be longer than ${MOST_CHARACTERS} characters`, {
      field: name,
      nextStep: 'Shorten it.',
    });
  };
  const [reason, decidedBy] = [textOf('reason', 'Reason'), textOf('decidedBy', 'Decided By')];
  return { ...(reason === '' ? {} : { reason }), ...(decidedBy === '' ? {} : { decidedBy }) };
}

export const chosenCompany = async (
  context: IExecuteFunctions,
  store: OpenStore,
  itemIndex: number,
): Promise<string> =>
  context.getNodeParameter('scope', itemIndex) === 'all'
    ? ANY
    : (await chosenConnection(store, context.getNodeParameter('connection', itemIndex))).id;

/** Throws what says which of it is not known, with the nearest names. */
export async function chosenScope(
  context: IExecuteFunctions,
  store: OpenStore,
  itemIndex: number,
): Promise<PolicyScope> {
  const connectionId = await chosenCompany(context, store, itemIndex);
  const field = String(context.getNodeParameter('field', itemIndex, '')).trim();
  const entity = String(context.getNodeParameter('entity', itemIndex));
  const target = ruleTarget(entity, field === '' ? ANY : field);
  const locator = connectionId === ANY ? null : context.getNodeParameter('customer', itemIndex, '');
  const counterparty = await chosenParty(store, { ...target, connectionId }, locator);
  return { connectionId, ...target, ...(counterparty === null ? {} : { counterparty }) };
}

const WINNERS: readonly PolicyWinner[] = ['app', 'ledger', 'raise'];

export async function chosenRule(
  context: IExecuteFunctions,
  store: OpenStore,
  itemIndex: number,
): Promise<PolicyEdit & { winner: PolicyWinner }> {
  const scope = await chosenScope(context, store, itemIndex);
  const chosen = context.getNodeParameter('winner', itemIndex);
  const winner = WINNERS.find((each) => each === chosen);
  if (winner === undefined) {
    throw new ValidationError(`"${String(chosen)}" can be no winner`, {
      field: 'winner',
      nextStep: `It is one of ${WINNERS.join(', ')}.`,
    });
  }
  const locked = context.getNodeParameter('locked', itemIndex, false) === true;
  return { ...scope, winner, ...(locked ? { locked } : {}) };
}
