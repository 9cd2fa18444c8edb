import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface WebhookPost {
  url: string;
  body: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
}

export interface WebhookOutcome {
  status: number | 'timeout' | 'unreachable';
  latencyMs: number;
}

/** One POST on a connection of its own; an answer after the limit counts as none. */
export async function postWebhook({ url, body, headers, timeoutMs }: WebhookPost): Promise<WebhookOutcome> {
  const started = performance.now();
  const status = await new Promise<WebhookOutcome['status']>((resolve) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const length = String(Buffer.byteLength(body));
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': length },
    });
    const timer = setTimeout(() => {
      resolve('timeout');
      request.destroy();
    }, timeoutMs);
    const settle = (outcome: WebhookOutcome['status']) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => settle(response.statusCode ?? 'unreachable'));
      response.on('error', () => settle('unreachable'));
    });
    request.on('error', () => settle('unreachable'));
    request.end(body);
  });
  return { status, latencyMs: Math.round(performance.now() - started) };
}
