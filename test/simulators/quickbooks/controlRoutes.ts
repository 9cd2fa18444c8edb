import { z } from 'zod/v4';
import { ApiFault } from './apiFault';
import type { QuickBooksControl } from './control';
import { faultMember, type Rendered } from './envelopes';
import { faultRule } from './faultRules';
import { publishedLimits } from './options';
import type { ApiRequest } from './requests';

/*
 * The control API, JSON in and out, under `controlUrl`. `realmId` may be left out for the default company.
 *
 * GET    /clock                    the virtual time
 * POST   /clock/advance            {ms} moves it forward; retries that fall due are sent
 * GET    /faults                   the rules with the calls they have left
 * POST   /faults                   one rule or a list: {match, times, skip, effect}, see faultRules.ts
 * DELETE /faults                   no more faults
 * POST   /edit                     {realmId?, entity, id, patch} as a person in the product would
 * POST   /create                   {realmId?, entity, record}
 * POST   /delete                   {realmId?, entity, id}
 * POST   /void                     {realmId?, entity, id}
 * POST   /merge                    {realmId?, entity, keepId, removeId} for name-list objects
 * GET    /records/{Entity}         ?realmId= all records, inactive ones included
 * POST   /tokens/expire            {kind: access | refresh | all, realmId?}
 * POST   /tokens/revoke-grant      {realmId?} as if the user disconnected the app; all companies without realmId
 * POST   /consent                  {realmId?, deny?} what the next consent screen does
 * GET    /webhooks                 the registered receiver
 * PUT    /webhooks                 {url, format, ...knobs}, see WebhookReceiver in webhooks.ts
 * DELETE /webhooks                 no receiver, nothing waiting
 * POST   /webhooks/flush           sends what is gathered now
 * POST   /webhooks/redeliver       {count?, shuffle?, duplicate?} sends past notifications again
 * GET    /webhooks/deliveries      every POST with its attempts
 * GET    /calls                    ?last= counts, and the last so many calls
 * POST   /calls/reset              counts from zero
 * GET    /companies                the companies
 * POST   /companies                {country, name?, currency?, environment?, ...} a new company and its tokens
 * PUT    /companies/settings       {realmId?, bookCloseDate?, adminRemoved?, subscriptionLapsed?, ...}
 * PUT    /limits                   {realmPerMinute?, ...} or {off: true}
 * POST   /reset                    back to the seed
 */

type Handler = (control: QuickBooksControl, body: unknown, query: URLSearchParams) => unknown;

const realm = { realmId: z.string().optional() };
const record = z.strictObject({ ...realm, entity: z.string(), id: z.string() });
const fields = z.record(z.string(), z.unknown());
const probability = z.number().min(0).max(1).optional();
const flag = z.boolean().optional();

const receiver = z.strictObject({
  url: z.url(),
  format: z.enum(['cloudevents', 'legacy']).optional(),
  spelling: z.enum(['past', 'present', 'mixed']).optional(),
  voidSpelling: z.enum(['void', 'voided']).optional(),
  mergedIdIn: z.enum(['nowhere', 'data']).optional(),
  realmIds: z.array(z.string()).optional(),
  windowMs: z.number().min(0).optional(),
  timeoutMs: z.number().positive().optional(),
  duplicate: probability,
  loss: probability,
  dropNext: z.number().int().min(0).optional(),
  shuffle: flag,
  mixRealms: flag,
  echoes: flag,
  headOfLineBlocking: flag,
});

const company = z.strictObject({
  country: z.string().optional(),
  name: z.string().optional(),
  currency: z.string().optional(),
  environment: z.enum(['production', 'sandbox']).optional(),
  multiCurrency: flag,
  customTxnNumbers: flag,
  warnDuplicateDocNumber: flag,
  sampleRecords: flag,
});

const companyChanges = z.strictObject({
  ...realm,
  bookCloseDate: z.string().nullable().optional(),
  adminRemoved: flag,
  subscriptionLapsed: flag,
  warnDuplicateDocNumber: flag,
  multiCurrency: flag,
  customTxnNumbers: flag,
  partnerTaxEnabled: flag,
});

const limitNames = Object.keys(publishedLimits) as Array<keyof typeof publishedLimits>;
const limits = z.strictObject({
  off: flag,
  ...Object.fromEntries(limitNames.map((name) => [name, z.number().min(0).optional()])),
});

/** Members that were not sent are left out, so that they do not count as set. */
const given = <T extends object>(parsed: T) =>
  Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

const routes: Readonly<Record<string, Handler>> = {
  'GET /clock': (control) => control.clock(),
  'POST /clock/advance': (control, body) =>
    control.advanceClock(z.strictObject({ ms: z.number().min(0) }).parse(body).ms),
  'GET /faults': (control) => control.faults(),
  'POST /faults': (control, body) =>
    control.addFaults(...z.array(faultRule).parse(Array.isArray(body) ? body : [body])),
  'DELETE /faults': (control) => control.clearFaults(),
  'POST /edit': (control, body) => control.edit(record.extend({ patch: fields }).parse(body)),
  'POST /create': (control, body) =>
    control.create(z.strictObject({ ...realm, entity: z.string(), record: fields }).parse(body)),
  'POST /delete': (control, body) => control.delete(record.parse(body)),
  'POST /void': (control, body) => control.void(record.parse(body)),
  'POST /merge': (control, body) =>
    control.merge(
      z.strictObject({ ...realm, entity: z.string(), keepId: z.string(), removeId: z.string() }).parse(body),
    ),
  'POST /tokens/expire': (control, body) => {
    const { kind, realmId } = z
      .strictObject({ ...realm, kind: z.enum(['access', 'refresh', 'all']) })
      .parse(body);
    control.expireTokens(kind, realmId);
  },
  'POST /tokens/revoke-grant': (control, body) =>
    control.revokeGrant(z.strictObject(realm).parse(body).realmId),
  'POST /consent': (control, body) =>
    control.setConsent(z.strictObject({ ...realm, deny: flag }).parse(body)),
  'GET /webhooks': (control) => control.webhooks(),
  'PUT /webhooks': (control, body) => {
    const { url, ...knobs } = receiver.parse(body);
    return control.setWebhooks({ ...given(knobs), url });
  },
  'DELETE /webhooks': (control) => control.removeWebhooks(),
  'POST /webhooks/flush': (control) => control.flushWebhooks(),
  'POST /webhooks/redeliver': async (control, body) => {
    const options = z
      .strictObject({ count: z.number().int().positive().optional(), shuffle: flag, duplicate: flag })
      .parse(body);
    return { sent: await control.redeliverWebhooks(given(options)) };
  },
  'GET /webhooks/deliveries': (control) => control.deliveries(),
  'GET /calls': (control, _body, query) => control.calls(Number(query.get('last') ?? 100)),
  'POST /calls/reset': (control) => control.resetCalls(),
  'GET /companies': (control) => control.companies(),
  'POST /companies': (control, body) => control.createCompany(company.parse(body)),
  'PUT /companies/settings': (control, body) => {
    const { realmId, ...changes } = companyChanges.parse(body);
    control.setCompany({ ...given(changes), realmId });
  },
  'PUT /limits': (control, body) => {
    const { off, ...changes } = limits.parse(body);
    control.setLimits(off === true ? false : given(changes));
  },
  'POST /reset': (control) => control.reset(),
};

const answer = (status: number, content: unknown): Rendered => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(content ?? {}),
});

function handlerOf(request: ApiRequest): Handler | undefined {
  const path = request.path.slice('/control'.length);
  const records = /^\/records\/(\w+)$/.exec(path);
  if (request.method === 'GET' && records?.[1] !== undefined) {
    const entity = records[1];
    return (control, _body, query) => control.records(entity, query.get('realmId') ?? undefined);
  }
  return routes[`${request.method} ${path}`];
}

export async function answerControl(control: QuickBooksControl, request: ApiRequest): Promise<Rendered> {
  const handler = handlerOf(request);
  if (handler === undefined)
    return answer(404, { error: 'unknown control route', routes: Object.keys(routes) });
  try {
    const text = request.body.toString('utf8');
    const body: unknown = text === '' ? {} : JSON.parse(text);
    return answer(200, await handler(control, body, request.query));
  } catch (error) {
    if (error instanceof ApiFault) return answer(error.status, { Fault: faultMember(error) });
    return answer(400, { error: error instanceof Error ? error.message : String(error) });
  }
}
