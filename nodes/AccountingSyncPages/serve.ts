import type { IDataObject, INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import {
  answersOf,
  isToken,
  showDecision,
  strangePage,
  takeDecision,
  tooManyPage,
  troublePage,
  type DecisionContext,
  type LinkRequest,
  type Taken,
} from '../../shared/console/decision';
import { Guesses } from '../../shared/console/guesses';
import { isFromOwnPage } from '../../shared/console/origin';
import { PAGE_HEADERS, type Page } from '../../shared/console/page';
import { toSyncError } from '../../shared/errors';
import { Sparingly } from '../../shared/intake/sparingly';
import type { OpenStore } from '../../shared/store';
import { systemClock } from '../../shared/system';
import { sidesOf } from '../AccountingSync/actions/sides';
import { triggerActor } from '../runtime/actor';
import { nodeLogger } from '../runtime/logger';
import { withStore } from '../runtime/store';
import { SHOW } from './properties';

const guesses = new Guesses();
const log = new Sparingly();

interface Served {
  page: Page;
  taken: Taken | null;
}

/** Answers with a page whatever happens: n8n would make an execution of an error. A decision starts the workflow. */
export async function servePage(this: IWebhookFunctions): Promise<IWebhookResponseData> {
  const { page, taken } = await served(this);
  const response = this.getResponseObject();
  response.status(page.status);
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value);
  response.end(page.html);
  return { noWebhookResponse: true, ...(taken ? { workflowData: [[itemOf(taken)]] } : {}) };
}

async function served(context: IWebhookFunctions): Promise<Served> {
  const address = context.getRequestObject().ip ?? '';
  const now = systemClock.now();
  if (guesses.isTooMany(address, now)) return { page: tooManyPage, taken: null };
  try {
    const answer = await withStore(context, async (store) => await answered(context, store));
    if (answer.page.status === 404) guesses.count(address, now);
    return answer;
  } catch (error) {
    report(context, error);
    return { page: troublePage, taken: null };
  }
}

async function answered(context: IWebhookFunctions, store: OpenStore): Promise<Served> {
  const request = requestOf(context);
  const decision: DecisionContext = {
    store,
    sidesOf: (connection) => sidesOf(context, connection),
    by: triggerActor(context),
    timeZone: context.getTimezone(),
    now: store.now(),
  };
  if (context.getWebhookName() === SHOW) return { page: await showDecision(decision, request), taken: null };
  const headers = context.getRequestObject().headers;
  const isOwn = isFromOwnPage(headers, isToken(request.token) ? await store.decisionLinks.page() : null);
  if (!isOwn) return { page: strangePage, taken: null };
  return await takeDecision(decision, request, context.getBodyData());
}

function requestOf(context: IWebhookFunctions): LinkRequest {
  const { link } = context.getQueryData() as { link?: unknown };
  const { personHeader = '' } = context.getNodeParameter('options', {}) as { personHeader?: string };
  const header = personHeader.trim().toLowerCase();
  const person = header === '' ? null : context.getHeaderData()[header];
  return {
    token: typeof link === 'string' ? link : '',
    signedIn: person === null ? null : typeof person === 'string' ? person : '',
  };
}

function itemOf({ connection, question, answers, rules, decidedBy, note }: Taken): INodeExecutionData {
  const { entity, title, heading, conflictId, linkId } = question;
  const decided = answersOf(question, answers);
  const summary = `${heading}: ${decided.map(({ label, answer }) => `${label}: ${answer}`).join('; ')}`;
  const item = {
    summary,
    decidedBy,
    entity,
    title,
    fields: decided,
    rules,
    note: note === '' ? null : note,
    connectionName: connection.name,
    conflictId,
    linkId,
    connectionId: connection.id,
  };
  return { json: item as IDataObject };
}

/** Whoever can open a page could fill the log. */
function report(context: IWebhookFunctions, error: unknown): void {
  const { message } = toSyncError(error);
  log.report(`${context.getNode().id} ${message}`, () =>
    nodeLogger(context.logger).warn(`Accounting Sync Pages: a page could not be served: ${message}`),
  );
}
