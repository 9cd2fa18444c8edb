import { performance } from 'node:perf_hooks';

export interface WebhookCall {
  /** POST unless told. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string or bytes go out as they are (for signatures); anything else as JSON. */
  readonly body?: unknown;
  /** Give up after this long (default 30 000). */
  readonly timeoutMs?: number;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or undefined where it is none. */
  readonly json: unknown;
  /** Until the whole answer was read. */
  readonly latencyMs: number;
}

/** Calls a URL as a provider would, and tells how long the answer took. */
export async function callWebhook(url: string, call: WebhookCall = {}): Promise<WebhookAnswer> {
  const raw = typeof call.body === 'string' || call.body instanceof Uint8Array;
  const body = raw ? (call.body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(call.body);
  const started = performance.now();
  const response = await fetch(url, {
    method: call.method ?? 'POST',
    redirect: 'manual',
    headers: { ...(call.body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
    signal: AbortSignal.timeout(call.timeoutMs ?? 30_000),
    ...(call.body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const latencyMs = performance.now() - started;
  return { status: response.status, headers: response.headers, text, json: parse(text), latencyMs };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
