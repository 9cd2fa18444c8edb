import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { StaleVersionError, ValidationError } from '../../../../shared/errors';
import { makeRules } from '../../../../shared/people/always';
import { decideConflict, questionFor, type Decided, type Sides } from '../../../../shared/people/decide';
import type { Answers, AnswerIssue } from '../../../../shared/people/answers';
import { LINK, type Question } from '../../../../shared/people/question';
import type { Connection } from '../../../../shared/ports';
import { actorOf } from '../../../runtime/actor';
import { connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { sidesOf } from '../sides';
import { formFieldsOf, readForm, type FormAnswers, type FormNotice } from './formFields';
import { chosenConflict, conflictLocator, conflictName, type ChosenConflict } from './locator';
import { overSentence, questionView } from './view';

const show = { resource: ['conflict'], operation: ['resolve'] };
type How = 'app' | 'ledger' | 'fields' | 'form';

export const description: INodeProperties[] = [
  connectionLocator(show),
  conflictLocator(show),
  {
    displayName: 'Decision',
    name: 'decision',
    type: 'options',
    noDataExpression: true,
    options: [
      {
        name: 'Answers of a Form',
        value: 'form',
        description: 'What an n8n Form page with the form fields of Conflict: Get has answered',
      },
      { name: 'Field by Field', value: 'fields' },
      { name: 'Keep What the Accounting Tool Has', value: 'ledger' },
      { name: 'Keep What the App Has', value: 'app' },
    ],
    default: 'fields',
    description: 'Whose values count. What is not decided stays open.',
    displayOptions: { show },
  },
  {
    displayName: 'Fields',
    name: 'fields',
    type: 'fixedCollection',
    typeOptions: { multipleValues: true },
    placeholder: 'Add Field',
    default: {},
    displayOptions: { show: { ...show, decision: ['fields'] } },
    options: [
      {
        displayName: 'Field',
        name: 'values',
        values: [
          {
            displayName: 'Always',
            name: 'always',
            type: 'boolean',
            default: false,
            description:
              'Whether to make this a rule for the field, for this company. Amounts are then overwritten without asking.',
            displayOptions: { show: { answer: ['app', 'ledger'] } },
          },
          {
            displayName: 'Answer',
            name: 'answer',
            type: 'options',
            options: [
              { name: 'Another Value', value: 'value' },
              {
                name: 'Keep Both Records',
                value: 'new',
                description: 'Where it is asked which record it is',
              },
              { name: 'Keep What the Accounting Tool Has', value: 'ledger' },
              { name: 'Keep What the App Has', value: 'app' },
              {
                name: 'Link With a Record',
                value: 'link',
                description: 'Where it is asked which record it is: its ID is the value',
              },
            ],
            default: 'app',
          },
          {
            displayName: 'Field',
            name: 'field',
            type: 'string',
            default: '',
            placeholder: 'e.g. Due Date',
            description: 'Its label, or its key, as Conflict: Get outputs them',
          },
          {
            displayName: 'Value',
            name: 'value',
            type: 'string',
            default: '',
            placeholder: 'e.g. 2027-03-31',
            displayOptions: { show: { answer: ['value', 'link'] } },
          },
        ],
      },
    ],
  },
  {
    displayName: 'Form',
    name: 'form',
    type: 'json',
    default: '={{ $json }}',
    description: 'The output of the Form page',
    displayOptions: { show: { ...show, decision: ['form'] } },
  },
  {
    displayName: 'Version',
    name: 'version',
    type: 'string',
    default: '',
    placeholder: 'As Conflict: Get outputs it',
    hint: 'With it, a decision is refused when a side has changed since somebody looked. Left empty, the decision is on what the conflict says now.',
    displayOptions: { show, hide: { decision: ['form'] } },
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    displayOptions: { show },
    options: [
      {
        displayName: 'Decided By',
        name: 'decidedBy',
        type: 'string',
        default: '',
        placeholder: 'e.g. {{ $json.user.email }}',
        description:
          'The person who decided, for the audit. It also says which workflow and execution it was.',
      },
      { displayName: 'Note', name: 'note', type: 'string', default: '', description: 'Why, for the audit' },
      {
        displayName: 'Output Refusals',
        name: 'outputRefusals',
        type: 'boolean',
        default: false,
        description:
          'Whether a decision that cannot be taken is an item with its reason and fresh form fields, instead of an error',
      },
    ],
  },
];

interface Options {
  decidedBy?: string;
  note?: string;
  outputRefusals?: boolean;
}

/** One item: what became of the decision. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const how = this.getNodeParameter('decision', itemIndex) as How;
  const options = this.getNodeParameter('options', itemIndex, {}) as Options;
  return await withStore(this, async (store) => {
    const chosen = await chosenConflict(
      store,
      this.getNodeParameter('conflict', itemIndex),
      this.getNodeParameter('connection', itemIndex),
    );
    const { connection, conflict } = chosen;
    const sides = sidesOf(this, connection);
    const found = await questionFor(store, conflict.id, sides);
    if (found.kind === 'over') return told(found, connection, sides, options);
    const decision = decisionOf(this, itemIndex, how, chosen, found.question);
    const note = options.note ?? decision.note;
    const decided = await decideConflict(store, sides, {
      conflictId: conflict.id,
      seenRefreshedAt: seenVersion(decision.version, conflict.refreshedAt),
      answers: decision.answers,
      by: actorOf(this),
      now: store.now(),
      ...(options.decidedBy ? { decidedBy: options.decidedBy } : {}),
      ...(note === '' ? {} : { note }),
    });
    const rules =
      decided.kind === 'decided'
        ? await makeRules(store, {
            ...{
              connection,
              sides,
              question: decided.question,
              answers: decision.answers,
              by: actorOf(this),
            },
            ...{ always: decision.always, now: store.now() },
            ...(options.decidedBy ? { decidedBy: options.decidedBy } : {}),
          })
        : [];
    return told(decided, connection, sides, options, decision.answers, rules);
  });
}

interface Read {
  answers: Answers;
  /** Rows that rules are to be made of. */
  always: readonly string[];
  version: string;
  note: string;
}

function decisionOf(
  context: IExecuteFunctions,
  itemIndex: number,
  how: How,
  { conflict }: ChosenConflict,
  question: Question,
): Read {
  if (how === 'form') {
    const form = readForm(objectIn(context.getNodeParameter('form', itemIndex)), question);
    assertSame(form, conflict.id);
    return form;
  }
  const version = textOf(context.getNodeParameter('version', itemIndex, '')).trim();
  if (how === 'fields') {
    const { values = [] } = context.getNodeParameter('fields', itemIndex, {}) as { values?: FieldAnswer[] };
    return { answers: answersIn(values, question), always: alwaysIn(values, question), version, note: '' };
  }
  const answers = question.rows.map(({ key }) => [key, { id: how }] as const);
  return { answers: Object.fromEntries(answers), always: [], version, note: '' };
}

/** A tab that was left open on another page of the execution answers that page. */
function assertSame(form: FormAnswers, conflictId: string): void {
  if (form.conflictId === conflictId) return;
  throw new ValidationError('The form that was answered asks about another conflict', {
    nextStep: 'Open the form of this conflict again.',
  });
}

interface FieldAnswer {
  field: string;
  answer: string;
  value?: string;
  always?: boolean;
}

function answersIn(values: readonly FieldAnswer[], question: Question): Answers {
  const named = values.map(({ field, answer, value = '' }) => {
    const id = answer === 'link' ? `${LINK}${value.trim()}` : answer;
    return [keyOf(field, question), answer === 'value' ? { id, value } : { id }] as const;
  });
  return Object.fromEntries(named);
}

const alwaysIn = (values: readonly FieldAnswer[], question: Question): string[] =>
  values.filter(({ always }) => always === true).map(({ field }) => keyOf(field, question));

/** A field is named by its key or its label. */
function keyOf(field: string, { rows }: Question): string {
  const named = field.trim().toLowerCase();
  return rows.find(({ key, label }) => key === field || label.toLowerCase() === named)?.key ?? field;
}

function objectIn(value: unknown): Record<string, unknown> {
  const parsed: unknown = typeof value === 'string' ? parsedOrNull(value) : value;
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>;
  throw new ValidationError('The answers of the form are no JSON object', {
    field: 'form',
    nextStep: 'Give the output of the Form page as it is.',
  });
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** Without a version, the decision is on what the conflict says now. */
function seenVersion(version: string, now: number): number {
  if (version === '') return now;
  return /^\d{1,16}$/.test(version) ? Number(version) : NaN;
}

/** What became of it as an item; an error instead, where the node does not put refusals out. */
function told(
  decided: Decided,
  connection: Connection,
  sides: Sides,
  { outputRefusals = false }: Options,
  answers?: Answers,
  rules: readonly string[] = [],
): object[] {
  if (decided.kind === 'decided') {
    const { question } = decided;
    const name = conflictName(question);
    return [
      {
        result: 'decided',
        summary: [`${name} is decided. Both sides are brought in sync now.`, ...rules].join(' '),
        entity: question.entity,
        title: question.title,
        connectionName: connection.name,
        conflictId: decided.conflictId,
        linkId: question.linkId,
        connectionId: connection.id,
      },
    ];
  }
  const { summary, nextStep, issues = [] } = refusalOf(decided, sides);
  if (!outputRefusals) {
    const details = { nextStep, issues: issues.map(toIssue) };
    throw decided.kind === 'refused'
      ? new ValidationError(summary, details)
      : new StaleVersionError(summary, details);
  }
  const told = { result: decided.kind, summary, nextStep, issues };
  if (decided.kind === 'over') {
    const { entity, title, conflictId } = decided;
    return [
      { ...told, entity, title, connectionName: connection.name, conflictId, connectionId: connection.id },
    ];
  }
  const notice: FormNotice = { text: summary, issues, ...(answers ? { answers } : {}) };
  return [
    {
      ...told,
      ...questionView(decided.question, connection),
      formFields: formFieldsOf(decided.question, notice),
    },
  ];
}

const toIssue = ({ key, label, message }: AnswerIssue) => ({ field: key, label, reason: message });

function refusalOf(
  decided: Exclude<Decided, { kind: 'decided' }>,
  { timeZone }: Sides,
): { summary: string; nextStep: string; issues?: readonly AnswerIssue[] } {
  switch (decided.kind) {
    case 'over':
      return {
        summary: overSentence(decided, timeZone),
        nextStep: 'Nothing to do. Audit: Get Many shows what happened.',
      };
    case 'changed':
      return {
        summary: `${conflictName(decided.question)} has changed since you looked. Please look again: these are the values now.`,
        nextStep: 'Get the conflict again and decide on what it says now.',
      };
    case 'refused': {
      const [first] = decided.issues;
      return {
        summary: `Nothing was stored: ${first ? `${first.label} ${first.message}` : 'the answers make no sense'}`,
        nextStep: 'Correct the answer and store it again.',
        issues: decided.issues,
      };
    }
  }
}
