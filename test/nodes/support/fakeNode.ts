import type { IDataObject, IHttpRequestOptions, INodeExecutionData, INodeParameters } from 'n8n-workflow';

export interface FakeNodeOptions {
  parameters?: Record<string, unknown>;
  items?: IDataObject[];
  credentials?: Record<string, object>;
  /** n8n's ids of them (`1`). */
  credentialIds?: Record<string, string>;
  /** The node as n8n names it, with `Tool` at the end where an AI uses it. */
  type?: string;
  /** As the builder entered them, expressions unevaluated. */
  rawParameters?: INodeParameters;
  continueOnFail?: boolean;
  mode?: string;
  request?: object;
  /** Which of the node's webhooks was called (`default`). */
  webhook?: string;
  /** Answers go there instead of into `answered`. */
  response?: object;
  /** Two nodes with the same one share what the process remembers of a node. */
  nodeId?: string;
}

export interface LogLine {
  level: string;
  message: string;
  fields: unknown;
}

/** As much of an n8n context as the nodes use. */
export function fakeNode(options: FakeNodeOptions = {}) {
  const { parameters = {}, items = [{}], credentials = {} } = options;
  const lines: LogLine[] = [];
  const log = (level: string) => (message: string, fields?: unknown) =>
    void lines.push({ level, message, fields });
  const answered: number[] = [];
  const hints: string[] = [];
  const customData = new Map<string, string>();
  const emitted: INodeExecutionData[][][] = [];
  const response = {
    status: (code: number) => {
      answered.push(code);
      return response;
    },
    end: () => response,
  };
  const request = (options.request ?? {}) as { headers?: Record<string, string> };
  const context = {
    getNode: () => ({
      id: options.nodeId ?? 'node-1',
      name: 'Node',
      type: options.type ?? 'fake',
      typeVersion: 1,
      position: [0, 0],
      parameters: options.rawParameters ?? {},
      credentials: Object.fromEntries(
        Object.keys(credentials).map((type) => [
          type,
          { id: options.credentialIds?.[type] ?? '1', name: type },
        ]),
      ),
    }),
    getWorkflow: () => ({ id: 'workflow-1' }),
    getMode: () => options.mode ?? 'trigger',
    getTimezone: () => 'UTC',
    getExecutionId: () => '1',
    getWorkflowDataProxy: () => ({ $runIndex: 0 }),
    getInputData: () => items.map((json) => ({ json })),
    getNodeParameter: (name: string, index: unknown, fallback?: unknown) => {
      const value = parameters[name];
      if (typeof value === 'function') return value(index) as unknown;
      return value ?? (typeof index === 'number' ? fallback : index);
    },
    getCurrentNodeParameter: (name: string) => parameters[name],
    getCredentials: (type: string) => Promise.resolve(credentials[type]),
    continueOnFail: () => options.continueOnFail ?? false,
    addExecutionHints: (hint: { message: string }) => void hints.push(hint.message),
    customData: { set: (key: string, value: string) => void customData.set(key, value) },
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    getRequestObject: () => request,
    getQueryData: () => (request as { query?: object }).query ?? {},
    getBodyData: () => (request as { body?: object }).body ?? {},
    getWebhookName: () => options.webhook ?? 'default',
    getHeaderData: () => request.headers ?? {},
    getResponseObject: () => options.response ?? response,
    emit: (data: INodeExecutionData[][], _response?: unknown, done?: { resolve(run: unknown): void }) => {
      emitted.push(data);
      done?.resolve({ data: { resultData: {} } });
    },
    helpers: {
      httpRequestWithAuthentication: async (type: string, request: IHttpRequestOptions) =>
        await send(request, tokenOf(credentials[type])),
      createDeferredPromise: () => {
        const deferred: Record<string, unknown> = {};
        deferred['promise'] = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
        return deferred;
      },
    },
  };
  return { context: context as never, lines, answered, emitted, hints, customData };
}

const tokenOf = (credential: object | undefined): string =>
  (credential as { oauthTokenData?: { access_token?: string } } | undefined)?.oauthTokenData?.access_token ??
  '';

/** As n8n's own helper: signed, the body as text, thrown where the status says that it failed. */
async function send({ method, url, qs, headers, body }: IHttpRequestOptions, token: string) {
  const target = new URL(url);
  for (const [name, value] of Object.entries(qs ?? {})) target.searchParams.set(name, String(value));
  const response = await fetch(target, {
    method: method ?? 'GET',
    headers: { ...(headers as Record<string, string>), authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: body as string }),
  });
  const received: Record<string, string> = {};
  response.headers.forEach((value, name) => (received[name] = value));
  const answer = { status: response.status, headers: received, data: await response.text() };
  if (response.ok) return answer;
  throw Object.assign(new Error(`status ${response.status}`), { response: answer, config: { url } });
}
