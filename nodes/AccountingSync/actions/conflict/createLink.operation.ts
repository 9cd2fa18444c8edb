import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NotFoundError, StaleVersionError, ValidationError } from '../../../../shared/errors';
import { questionFor } from '../../../../shared/people/decide';
import type { Question } from '../../../../shared/people/question';
import { shownTime } from '../../../../shared/people/shown';
import { onOneLine } from '../../../../shared/schema/text';
import type { OpenStore } from '../../../../shared/store';
import { newToken } from '../../../../shared/system';
import { actorOf } from '../../../runtime/actor';
import { connectionLocator } from '../../../runtime/connection';
import { withStore } from '../../../runtime/store';
import { sidesOf } from '../sides';
import { chosenConflict, conflictLocator } from './locator';
import { overSentence } from './view';

const show = { resource: ['conflict'], operation: ['createLink'] };
const HOUR_MS = 3_600_000;
const VALID_HOURS = 72;
const LONGEST_HOURS = 24 * 90;
const LONGEST_NAME = 200;

export const description: INodeProperties[] = [
  connectionLocator(show),
  conflictLocator(show),
  {
    displayName: 'Person',
    name: 'person',
    type: 'string',
    required: true,
    default: '',
    placeholder: 'e.g. jane@example.com',
    description:
      'Whom the link is for, as the audit will name them. Whoever has the link decides in their name, so send it to nobody else.',
    displayOptions: { show },
  },
  {
    displayName: 'Valid for (Hours)',
    name: 'validHours',
    type: 'number',
    typeOptions: { minValue: 1, maxValue: LONGEST_HOURS },
    default: VALID_HOURS,
    description: 'How long the link can be used. It can be used once.',
    displayOptions: { show },
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
        displayName: 'Page URL',
        name: 'pageUrl',
        type: 'string',
        default: '',
        placeholder: 'e.g. https://n8n.example.com/webhook/accounting-sync',
        description:
          'Where people reach the page of Accounting Sync Pages, if it is not the address that n8n knows itself by',
      },
    ],
  },
];

/** One item: the link, and what it is about in words that can be sent with it. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const person = personIn(this.getNodeParameter('person', itemIndex));
  const validMs = validHours(this.getNodeParameter('validHours', itemIndex, VALID_HOURS)) * HOUR_MS;
  const { pageUrl = '' } = this.getNodeParameter('options', itemIndex, {}) as { pageUrl?: string };
  return await withStore(this, async (store) => {
    const { conflict, connection } = await chosenConflict(
      store,
      this.getNodeParameter('conflict', itemIndex),
      this.getNodeParameter('connection', itemIndex),
    );
    const sides = sidesOf(this, connection);
    const found = await questionFor(store, conflict.id, sides);
    if (found.kind === 'over') {
      throw new StaleVersionError(overSentence(found, sides.timeZone), {
        entity: found.entity,
        nextStep: 'No link is needed any more.',
      });
    }
    const page = await pageAddress(store, pageUrl.trim());
    const now = store.now();
    const token = newToken();
    const { expiresAt } = await store.decisionLinks.create(
      { token, conflictId: conflict.id, person, expiresAt: now + validMs },
      { now, by: actorOf(this) },
    );
    page.searchParams.set('link', token);
    const { question } = found;
    const until = shownTime(expiresAt, sides.timeZone);
    const { heading, explanation, entity, title, linkId } = question;
    return [
      {
        heading,
        url: page.href,
        person,
        expiresAt: new Date(expiresAt).toISOString(),
        message: messageOf(question, page.href, until),
        explanation,
        version: String(question.refreshedAt),
        entity,
        title,
        connectionName: connection.name,
        conflictId: conflict.id,
        linkId,
        connectionId: connection.id,
      },
    ];
  });
}

function personIn(value: unknown): string {
  const person = onOneLine(typeof value === 'string' ? value : '');
  if (person !== '' && person.length <= LONGEST_NAME) return person;
  throw new ValidationError(
    person === '' ? 'It is not said whom the link is for' : 'The person of the link has too long a name',
    { field: 'person', nextStep: 'Give the name or the e-mail address of the person who decides.' },
  );
}

function validHours(value: unknown): number {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_HOURS) return value;
  throw new ValidationError(`A link can be valid for up to ${LONGEST_HOURS} hours`, {
    field: 'validHours',
    nextStep: `Set Valid for to a number between 1 and ${LONGEST_HOURS}.`,
  });
}

async function pageAddress({ decisionLinks }: OpenStore, chosen: string): Promise<URL> {
  const address = chosen === '' ? await decisionLinks.page() : chosen;
  if (address === null) {
    throw new NotFoundError('No workflow serves the page that a link could lead to', {
      nextStep: 'Publish a workflow with the node Accounting Sync Pages, then try again.',
    });
  }
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && ['http:', 'https:'].includes(url.protocol)) return url;
  throw new ValidationError(`The page URL "${address}" is no web address`, {
    field: 'pageUrl',
    nextStep: 'Give it from https:// on, or leave it empty.',
  });
}

/** Plain text, for an e-mail or a chat. Our address comes first: a value that is one too must not be taken for it. */
function messageOf({ heading, explanation, rows, sides }: Question, url: string, until: string): string {
  const { app, ledger } = sides;
  const asked = rows.map((row) =>
    [
      `${row.label}`,
      ...(row.before === '' ? [] : [`  Before: ${row.before}`]),
      `  ${app.label}: ${row.app}`,
      `  ${ledger.label}: ${row.ledger}`,
    ].join('\n'),
  );
  const decide = `Decide here, until ${until}:\n${url}`;
  return [decide, heading, explanation, ...asked].join('\n\n');
}
