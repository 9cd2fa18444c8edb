import type { Readable } from 'node:stream';
import type { IDataObject, INodeExecutionData, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { drain } from '../../shared/intake/body';
import { Sparingly } from '../../shared/intake/sparingly';
import { takeIn, type Accepted, type Refused, type Taken } from '../../shared/intake/takeIn';
import { providerNamed } from '../../shared/providers';
import type { RequestHeaders, WebhookSource } from '../../shared/providers/provider';
import { systemClock } from '../../shared/system';
import { nodeLogger } from '../runtime/logger';
import { QUICKBOOKS, quickBooksCredential } from '../runtime/quickBooks';
import { withStore } from '../runtime/store';
import { countCall } from './figures';
import { handOver } from './handover';

/** What n8n hands over. It has read the body only where somebody has changed the node's options. */
type RawRequest = Readable & { headers: RequestHeaders; rawBody?: Buffer; complete?: boolean };

const log = new Sparingly();

/**
 * Verifies, stores, answers. The events are on disk before QuickBooks hears a 200; no execution starts here,
 * because the watch of `trigger` starts one for a batch. Never throws: n8n would make an execution of that.
 */
export async function receiveWebhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
  const request = this.getRequestObject() as unknown as RawRequest;
  let reading: ReturnType<typeof quickBooksCredential> | undefined;
  const credential = () => (reading ??= quickBooksCredential(this));
  const taken = await takeIn(
    { headers: request.headers, body: request.rawBody ?? request },
    {
      provider: QUICKBOOKS,
      source: webhookOf(QUICKBOOKS),
      clock: systemClock,
      secrets: async () => (await credential()).verifierTokens,
      withStore: (use) => withStore(this, use),
      heardBy: async ({ connections }, tenantIds) =>
        await connections.heardBy({ provider: QUICKBOOKS, binding: (await credential()).binding }, tenantIds),
    },
  );
  this.getResponseObject().status(taken.status).end();
  drain(request);
  countCall(this, taken, systemClock.now());
  report(this, taken);
  if (taken.refused !== null || this.getMode() !== 'manual') return { noWebhookResponse: true };
  const items = taken.connections.map(itemOf);
  handOver(this, items);
  return { noWebhookResponse: true, workflowData: [items] };
}

function webhookOf(provider: string): WebhookSource {
  const { webhook } = providerNamed(provider);
  if (webhook) return webhook;
  throw new Error(`${provider} has no webhooks`);
}

/** Whoever can call us could fill the log: each thing is said once a minute, with a count. */
function report(context: IWebhookFunctions, taken: Taken): void {
  const say = (what: string, line: string) => {
    const trigger = `${context.getWorkflow().id ?? ''} ${context.getNode().id}`;
    log.report(`${trigger} ${what}`, (more) => {
      const times = more === 0 ? '' : ` The same happened ${more} more times within a minute.`;
      nodeLogger(context.logger).warn(`QuickBooks webhook ${line}.${times}`);
    });
  };
  if (taken.refused !== null) return say(taken.refused, refusalOf(taken));
  const { strangers, unreadable } = taken;
  if (strangers > 0)
    say('strangers', `accepted, but ${strangers} changes are of a company without a connection of this app`);
  if (unreadable > 0) say('unreadable', `accepted, but ${unreadable} of its events could not be read`);
  nodeLogger(context.logger).debug('QuickBooks webhook stored', countsOf(taken));
}

function refusalOf({ status, refused, why }: { status: number } & Refused): string {
  return refused === 'unavailable'
    ? `not stored (${status}), QuickBooks will repeat it: ${why.replace(/\.$/, '')}`
    : `refused (${status}, ${why})`;
}

const countsOf = ({ stored, duplicates, leftOut, unknownKinds }: Accepted) => ({
  stored,
  duplicates,
  leftOut: leftOut + unknownKinds,
});

const itemOf = ({ connection, changes }: Accepted['connections'][number]): INodeExecutionData => ({
  json: {
    connectionName: connection.name,
    ready: new Set(changes.map(({ entity, id }) => `${entity} ${id}`)).size,
    at: new Date(systemClock.now()).toISOString(),
    changes: changes as unknown as IDataObject[],
    connectionId: connection.id,
  },
});
