/** n8n answered a REST call with an error. */
export class N8nRestError extends Error {
  constructor(
    readonly method: string,
    readonly path: string,
    readonly status: number,
    readonly body: string,
  ) {
    super(`n8n answered ${method} ${path} with ${status}: ${messageOf(body)}`);
    this.name = 'N8nRestError';
  }
}

/** One signed-in browser's worth of n8n's REST API: keeps the cookies, unwraps `data`, throws on errors. */
export class N8nSession {
  readonly #cookies = new Map<string, string>();

  constructor(readonly url: string) {}

  get(path: string): Promise<unknown> {
    return this.#json('GET', path);
  }

  post(path: string, body: unknown = {}): Promise<unknown> {
    return this.#json('POST', path, body);
  }

  patch(path: string, body: unknown): Promise<unknown> {
    return this.#json('PATCH', path, body);
  }

  delete(path: string): Promise<unknown> {
    return this.#json('DELETE', path);
  }

  /** A request as the browser would send it: no unwrapping, redirects not followed. */
  async raw(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(new URL(path, this.url), {
      method,
      redirect: 'manual',
      headers: {
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
    }
    return response;
  }

  /** The cookies, for a real browser that should be signed in too. */
  cookies(): { name: string; value: string }[] {
    return [...this.#cookies].map(([name, value]) => ({ name, value }));
  }

  async #json(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.raw(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new N8nRestError(method, path, response.status, text);
    if (text === '') return undefined;
    const parsed: unknown = JSON.parse(text);
    const wrapped =
      typeof parsed === 'object' && parsed !== null && 'data' in parsed && !Array.isArray(parsed);
    return wrapped ? parsed.data : parsed;
  }
}

function messageOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { message?: unknown };
    return typeof parsed.message === 'string' ? parsed.message : body;
  } catch {
    return body.slice(0, 500);
  }
}
