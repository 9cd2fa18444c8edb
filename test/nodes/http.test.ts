import { nodeHttp } from '../../nodes/runtime/http';

const url = 'https://books.example/v3/company/1/invoice';
const get = { method: 'GET' as const, url };
const post = { method: 'POST' as const, url, body: '{}' };

/** What n8n throws is an error of its own around the one of the HTTP client. */
const thrown = (cause: object, more: object = {}) =>
  Object.assign(new Error('wrapped', { cause: Object.assign(new Error('inner'), cause) }), more);

function httpThat(answer: () => unknown) {
  const asked: Record<string, unknown>[] = [];
  const helpers = {
    httpRequestWithAuthentication: (_type: string, options: Record<string, unknown>) => {
      asked.push(options);
      return Promise.resolve().then(answer);
    },
  };
  const getNode = () => ({ credentials: { someCredential: { id: '1', name: 'Acme books' } } });
  return { http: nodeHttp({ helpers, getNode } as never, 'someCredential'), asked };
}

const throwing = (error: unknown) =>
  httpThat(() => {
    throw error;
  }).http;

describe('nodeHttp', () => {
  it('asks for text, follows no redirect and lets statuses throw, so that n8n refreshes tokens', async () => {
    const body = '{"TotalAmt":12345678901234567.89}';
    const { http, asked } = httpThat(() => ({ statusCode: 200, headers: { Intuit_TID: 'x' }, body }));
    expect(await http.send({ ...get, query: { a: 'b' } })).toEqual({
      status: 200,
      headers: { intuit_tid: 'x' },
      body,
    });
    expect(asked[0]).toMatchObject({
      encoding: 'text',
      json: false,
      returnFullResponse: true,
      disableFollowRedirect: true,
      timeout: 30_000,
      qs: { a: 'b' },
    });
    expect(asked[0]).not.toHaveProperty('ignoreHttpStatusErrors');
  });

  it('reads a status from what was thrown', async () => {
    const response = { status: 400, headers: { a: 'b' }, data: '{"Fault":{}}' };
    const error = thrown({ response, config: { url } });
    await expect(throwing(error).send(post)).resolves.toEqual({
      status: 400,
      headers: { a: 'b' },
      body: '{"Fault":{}}',
    });
  });

  it('tells a dead grant by the word of n8n or of the token endpoint', async () => {
    const dead = thrown({ message: 'The credential "QB" needs to be reconnected.' });
    await expect(throwing(dead).send(get)).rejects.toMatchObject({
      code: 'auth',
      message: 'The access that was granted to the credential "Acme books" has ended',
      details: { nextStep: 'Open the credential "Acme books" in n8n and reconnect it.' },
    });
    const invalid = thrown({}, { failure: { cause: 'credential-invalid' } });
    await expect(throwing(invalid).send(post)).rejects.toMatchObject({ code: 'auth' });
    await expect(throwing(thrown({ code: 'EAUTH' })).send(post)).rejects.toMatchObject({ code: 'auth' });
  });

  it('does not take an answer of the token endpoint for one of the API', async () => {
    const config = { url: 'https://login.example/token' };
    const down = thrown({ response: { status: 503, data: 'oops' }, config });
    await expect(throwing(down).send(post)).rejects.toMatchObject({ code: 'transient' });
    await expect(throwing(thrown({ code: 'ESTATUS', status: 401 })).send(post)).rejects.toMatchObject({
      code: 'auth',
    });
  });

  it('knows what was never sent from what may have arrived', async () => {
    await expect(throwing(thrown({ code: 'ECONNREFUSED' })).send(post)).rejects.toMatchObject({
      code: 'transient',
    });
    await expect(throwing(thrown({ code: 'ECONNRESET' })).send(get)).rejects.toMatchObject({
      code: 'transient',
    });
    await expect(throwing(thrown({ code: 'ECONNRESET' })).send(post)).rejects.toMatchObject({
      code: 'uncertain_write',
    });
  });

  it('keeps nothing of the request in an error, as the token hangs on it', async () => {
    const error = thrown({
      code: 'ECONNRESET',
      config: { url, headers: { Authorization: 'Bearer secret' } },
    });
    const failure: unknown = await throwing(error)
      .send(post)
      .catch((caught: unknown) => caught);
    expect((failure as Error).cause).toBeUndefined();
  });
});
