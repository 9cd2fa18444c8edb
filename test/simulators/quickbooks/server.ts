import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { callApi } from './api';
import { ApiFault, faults } from './apiFault';
import { answerControl } from './controlRoutes';
import type { QuickBooksControl } from './control';
import { htmlPage, render, type Rendered, type Reply } from './envelopes';
import type { FaultEffect } from './faultRules';
import { answerOAuth, oauthPaths } from './oauthRoutes';
import type { Environment } from './options';
import { routeOf, type ApiRequest, type CallOperation, type Route } from './requests';
import type { World } from './world';

/** Calls under this prefix go to the other environment's host, which has companies and apps of its own. */
export const otherHostPrefix = (environment: Environment): string =>
  environment === 'production' ? '/sandbox' : '/production';

interface Exchange {
  request: ApiRequest;
  response: ServerResponse;
  operation: CallOperation;
  route: Route | undefined;
  tid: string;
}

async function readRequest(message: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const url = new URL(message.url ?? '/', 'http://simulator');
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
  return {
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: Buffer.concat(chunks),
  };
}

const wantsJson = (request: ApiRequest): boolean =>
  (request.headers.accept ?? '').includes('application/json');

function respond(response: ServerResponse, { status, headers, body }: Rendered): void {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': String(bytes.length) });
  response.end(bytes);
}

/** The HTTP side: reads requests, lets set-up faults happen, and writes the answers. */
export class SimulatorServer {
  private readonly server: Server;

  constructor(
    private readonly world: () => World,
    private readonly control: () => QuickBooksControl,
  ) {
    this.server = createServer((message, response) => {
      this.handle(message, response).catch((error: unknown) => {
        process.stderr.write(
          `QuickBooks simulator: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
        );
        if (!response.headersSent) {
          respond(
            response,
            render({ kind: 'fault', fault: faults.system() }, true, this.world().clock.now()),
          );
        }
      });
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    if (request.path === '/control' || request.path.startsWith('/control/')) {
      respond(response, await answerControl(this.control(), request));
      return;
    }
    const world = this.world();
    const tid = world.intuitTid();
    response.setHeader('intuit_tid', tid);
    const prefix = otherHostPrefix(world.settings.environment);
    const isOther = request.path.startsWith(`${prefix}/v3/`);
    const own = world.settings.environment;
    const environment = isOther ? (own === 'production' ? 'sandbox' : 'production') : own;
    const inner = isOther ? { ...request, path: request.path.slice(prefix.length) } : request;
    if (inner.path.startsWith('/v3/'))
      await this.handleApi(
        { request: inner, response, tid, operation: 'other', route: undefined },
        environment,
      );
    else await this.handleOAuth({ request: inner, response, tid, operation: 'other', route: undefined });
  }

  private async handleOAuth(exchange: Exchange): Promise<void> {
    const { request } = exchange;
    const operation: CallOperation = request.path === oauthPaths.bearer ? 'token' : 'other';
    const call = { ...exchange, operation };
    const effect = this.world().faults.take({
      method: request.method,
      path: request.path,
      operation,
      entity: undefined,
      realmId: undefined,
    });
    if (effect?.kind === 'invalid-grant') {
      const body = JSON.stringify({ error: 'invalid_grant' });
      this.finish(call, { status: 400, headers: { 'content-type': 'application/json;charset=utf-8' }, body });
      return;
    }
    await this.underEffect(call, effect, () => {
      const rendered = answerOAuth(this.world(), request, this.origin) ?? htmlPage(404, 'Not Found');
      return { rendered, replayed: false, metered: 0 };
    });
  }

  private async handleApi(exchange: Exchange, environment: Environment): Promise<void> {
    const world = this.world();
    const { request } = exchange;
    const route = routeOf(request);
    if (route === undefined) {
      this.finish(exchange, htmlPage(404, 'Not Found'));
      return;
    }
    const call: Exchange = { ...exchange, operation: route.operation, route };
    const effect = world.faults.take({
      method: request.method,
      path: request.path,
      operation: route.operation,
      entity: route.entity,
      realmId: route.realmId,
    });
    await this.underEffect(call, effect, () => {
      const switches = { spuriousDeleted: effect?.kind === 'spurious-deleted' };
      const { reply, replayed, metered } = callApi(world, request, route, environment, switches);
      return { rendered: this.render(call, reply), replayed, metered };
    });
  }

  private render({ request, operation }: Exchange, reply: Reply): Rendered {
    const world = this.world();
    const rendered = render(reply, wantsJson(request), world.clock.now());
    if (operation === 'cdc' && reply.kind === 'data' && wantsJson(request)) {
      rendered.headers['content-type'] = world.settings.cdcContentType;
    }
    return rendered;
  }

  private async underEffect(
    call: Exchange,
    effect: FaultEffect | undefined,
    run: () => { rendered: Rendered; replayed: boolean; metered: number },
  ): Promise<void> {
    if (effect?.kind === 'drop-before-commit') return this.drop(call);
    if (effect?.kind === 'delay' && effect.when === 'before') await sleep(effect.ms);
    const instead = this.insteadOf(call, effect);
    const applied = effect === undefined || !('applied' in effect) || effect.applied;
    if (instead !== undefined && !applied) return this.finish(call, instead);
    const { rendered, replayed, metered } = run();
    if (effect?.kind === 'drop-after-commit') return this.drop(call, metered);
    if (effect?.kind === 'delay' && effect.when === 'after') await sleep(effect.ms);
    if (effect?.kind === 'truncated-body') {
      const half = rendered.body.slice(0, Math.floor(rendered.body.length / 2));
      return this.finish(call, { ...rendered, body: half }, replayed, metered);
    }
    this.finish(call, instead ?? rendered, replayed, metered);
  }

  /** The answer that a rule puts in place of the real one. */
  private insteadOf(call: Exchange, effect: FaultEffect | undefined): Rendered | undefined {
    const world = this.world();
    if (effect?.kind === 'fault-in-200') {
      const fault = faults.business('The transaction could not be processed.');
      return this.render(call, { kind: 'fault', fault: new ApiFault(200, fault.type, fault.errors) });
    }
    if (effect?.kind === 'page') return { status: effect.status, headers: effect.headers, body: effect.body };
    if (effect?.kind !== 'status') return undefined;
    const fault = (reason: ApiFault) => this.render(call, { kind: 'fault', fault: reason });
    switch (effect.status) {
      case 401:
        return fault(faults.authentication('Token expired: injected'));
      case 429:
        return fault(world.limits.throttle('The request limit was reached.'));
      case 502:
        return htmlPage(502, 'Bad Gateway');
      case 504:
        return htmlPage(504, 'Gateway Time-out');
      default:
        return fault(faults.system(effect.status));
    }
  }

  /** Closes the connection without a word. */
  private drop(call: Exchange, metered = 0): void {
    this.log(call, 'dropped', false, metered);
    call.response.socket?.destroy();
  }

  private finish(call: Exchange, rendered: Rendered, replayed = false, metered = 0): void {
    this.log(call, rendered.status, replayed, metered);
    respond(call.response, rendered);
  }

  private log(
    { request, operation, route, tid }: Exchange,
    status: number | 'dropped',
    replayed: boolean,
    metered: number,
  ) {
    const world = this.world();
    const query = request.query.toString();
    world.calls.add(
      {
        at: new Date(world.clock.now()).toISOString(),
        method: request.method,
        path: query === '' ? request.path : `${request.path}?${query}`,
        operation,
        entity: route?.entity ?? null,
        realmId: route?.realmId ?? null,
        requestId: request.query.get('requestid'),
        status,
        replayed,
        intuitTid: tid,
      },
      metered,
    );
  }
}
