import { asFault, faults } from './apiFault';
import { isBatchRead } from './batch';
import type { Company } from './company';
import type { CallSwitches } from './entityWrites';
import type { Reply } from './envelopes';
import { fieldsOf, listOf, textOf } from './json';
import { perform } from './operations';
import type { Environment } from './options';
import { isRead, type ApiRequest, type Route } from './requests';
import type { World } from './world';

const REQUEST_ID_MAX = 50;
const BATCH_REQUEST_ID_MAX = 36;

export interface ApiOutcome {
  reply: Reply;
  replayed: boolean;
  metered: number;
}

/** The company a token may talk to; anything else is the gateway's refusal. */
function authorise(world: World, request: ApiRequest, route: Route, environment: Environment) {
  const header = request.headers.authorization ?? '';
  if (!/^Bearer \S/i.test(header))
    throw faults.authentication('Token missing: no bearer token in the request');
  const token = header.slice(7).trim();
  const grant = world.oauth.bearer(token);
  if (grant === 'expired') throw faults.authentication(`Token expired: ${token.slice(0, 12)}`);
  if (grant === 'unknown') throw faults.authentication(`Token revoked or unknown: ${token.slice(0, 12)}`);
  const company = world.companies.get(route.realmId);
  const allowed =
    company !== undefined &&
    grant.realmId === route.realmId &&
    grant.app.environment === environment &&
    company.profile.environment === environment &&
    grant.scope.split(' ').includes('com.intuit.quickbooks.accounting');
  if (!allowed) throw faults.notAuthorised();
  return { company, clientId: grant.app.clientId };
}

function checkCompany(company: Company): void {
  if (company.state.adminRemoved) throw faults.adminRemoved();
  if (company.state.subscriptionLapsed) throw faults.lapsed();
}

/** Batch items count as the reads they are. */
function meteredReads(route: Route, reply: Reply): number {
  if (reply.kind !== 'data') return 0;
  if (route.operation !== 'batch') return isRead(route.operation) ? 1 : 0;
  const refused = new Set(
    listOf(reply.data.BatchItemResponse)
      .filter((response) => response.Fault !== undefined)
      .map(({ bId }) => textOf(bId)),
  );
  return listOf(fieldsOf(route.body).BatchItemRequest).filter(
    (item) => isBatchRead(item) && !refused.has(textOf(item.bId)),
  ).length;
}

function attempt(run: () => Reply): Reply {
  try {
    return run();
  } catch (error) {
    return { kind: 'fault', fault: asFault(error) };
  }
}

/** One API call from the bearer token to the answer; a `requestid` seen before is answered without running. */
export function callApi(
  world: World,
  request: ApiRequest,
  route: Route,
  environment: Environment,
  switches: CallSwitches,
): ApiOutcome {
  let key: string | undefined;
  let replayed = false;
  const reply = attempt(() => {
    const { company, clientId } = authorise(world, request, route, environment);
    world.limits.admit(route.realmId, clientId, route.operation === 'batch');
    checkCompany(company);
    if (isRead(route.operation)) world.limits.checkQuota();
    const requestId = isRead(route.operation) ? '' : (request.query.get('requestid') ?? '');
    const max = route.operation === 'batch' ? BATCH_REQUEST_ID_MAX : REQUEST_ID_MAX;
    if (requestId.length > max) throw faults.tooLong('requestid', max, requestId.length);
    if (requestId !== '') key = `${route.realmId}|${requestId}`;
    const first = key === undefined ? undefined : world.replays.get(key);
    if (first !== undefined && first.expiresMs > world.clock.now()) {
      replayed = true;
      return first.reply;
    }
    return attempt(() => perform(company, route, request, switches));
  });
  if (key !== undefined && !replayed && (reply.kind === 'data' || world.settings.replayFaults)) {
    world.replays.set(key, { reply, expiresMs: world.clock.now() + world.settings.requestIdTtlMs });
  }
  const metered = replayed || environment === 'sandbox' ? 0 : meteredReads(route, reply);
  world.limits.meter(metered);
  return { reply, replayed, metered };
}
