import { Readable } from 'node:stream';
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
  it('asks for the bytes, follows no redirect and lets statuses throw, so that n8n refreshes tokens', async () => {
    const body = '{"TotalAmt":12345678901234567.89}';
    const { http, asked } = httpThat(() => ({ statusCode: 200, headers: { Intuit_TID: 'x' }, body }));
    expect(await http.send({ ...get, query: { a: 'b' } })).toEqual({
      status: 200,
      headers: { intuit_tid: 'x' },
      body,
    });
    expect(asked[0]).toMatchObject({
      encoding: 'stream',
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

  describe('the body of an answer', () => {
    const streaming = (chunks: () => Iterable<Buffer> | AsyncIterable<Buffer>, statusCode = 200) =>
      httpThat(() => ({ statusCode, headers: {}, body: Readable.from(chunks()) })).http;
    const MEBIBYTE = Buffer.alloc(1024 * 1024, 'x');

    it('is read as it comes, characters in two pieces included', async () => {
      const text = Buffer.from('{"Name":"Zoë"}');
      const http = streaming(() => [text.subarray(0, 11), text.subarray(11)]);
      expect((await http.send(get)).body).toBe('{"Name":"Zoë"}');
    });

    it('is broken off after 64 MiB, however much would follow', async () => {
      let sent = 0;
      const http = streaming(function* () {
        for (;;) {
          sent++;
          yield MEBIBYTE;
        }
      });
      await expect(http.send(get)).rejects.toMatchObject({
        code: 'transient',
        message: 'books.example did not answer a read (it answered with more than 64 MiB)',
      });
      expect(sent).toBeLessThan(90);
    });

    it('is cut, of an error, where no fault is that long', async () => {
      const response = { status: 400, headers: {}, data: Readable.from(Array(9).fill(MEBIBYTE)) };
      const answer = await throwing(thrown({ response, config: { url } })).send(post);
      expect([answer.status, answer.body.length]).toEqual([400, 1024 * 1024]);
    });

    it.each([
      [get, 'transient'],
      [post, 'uncertain_write'],
    ])('does not come for ever, drop by drop (%#)', async (request, code) => {
      const http = streaming(async function* () {
        for (;;) {
          yield Buffer.from(' ');
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      });
      await expect(http.send({ ...request, timeoutMs: 60 })).rejects.toMatchObject({ code });
    });

    it('may break off half-way', async () => {
      const http = streaming(function* () {
        yield Buffer.from('{"Invoice"');
        throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
      });
      await expect(http.send(post)).rejects.toMatchObject({ code: 'uncertain_write' });
    });
  });

  it.each(['', 'books', 'https://', 'https://[half'])('says that %j is no address', async (wrong) => {
    const request = { ...get, url: wrong };
    await expect(throwing(new TypeError('Invalid URL')).send(request)).rejects.toMatchObject({
      code: 'validation',
      details: { nextStep: 'Open the credential in n8n and correct the address.' },
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
