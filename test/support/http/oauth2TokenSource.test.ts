import nock from 'nock';
import { AuthError, TransientError } from '../../../shared/errors';
import { createOAuth2TokenSource, type OAuth2Tokens } from './oauth2TokenSource';
import { parseRetryAfter } from '../../../shared/providers/http/retryAfter';

const saved: OAuth2Tokens[] = [];
const source = (
  expiresAt?: number,
  save = (tokens: OAuth2Tokens) => Promise.resolve(void saved.push(tokens)),
) =>
  createOAuth2TokenSource({
    tokenUrl: 'https://oauth.test/token',
    clientId: 'id',
    clientSecret: 'hush',
    tokens: {
      accessToken: 'old',
      refreshToken: 'refresh-1',
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    save,
    clock: { now: () => 1_000_000 },
  });
const endpoint = () =>
  nock('https://oauth.test').post('/token', { grant_type: 'refresh_token', refresh_token: 'refresh-1' });

beforeAll(() => nock.disableNetConnect());
beforeEach(() => (saved.length = 0));
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(() => nock.enableNetConnect());

describe('OAuth2 tokens', () => {
  it('refreshes once for all who ask at the same time', async () => {
    endpoint().reply(200, { access_token: 'new', refresh_token: 'refresh-2', expires_in: 3600 });
    const tokens = source();
    expect(await Promise.all([tokens.refresh('old'), tokens.refresh('old'), tokens.accessToken()])).toEqual([
      'new',
      'new',
      'new',
    ]);
    expect(saved).toEqual([{ accessToken: 'new', refreshToken: 'refresh-2', expiresAt: 4_600_000 }]);
    expect(await tokens.refresh('old')).toBe('new');
  });

  it('renews a token that is about to end, and not before', async () => {
    expect(await source(1_100_000).accessToken()).toBe('old');
    endpoint().reply(200, { access_token: 'new' });
    expect(await source(1_030_000).accessToken()).toBe('new');
    expect(saved).toEqual([{ accessToken: 'new', refreshToken: 'refresh-1' }]);
  });

  it('uses no token that could not be saved', async () => {
    endpoint().reply(200, { access_token: 'new', refresh_token: 'refresh-2' });
    const tokens = source(undefined, () => Promise.reject(new Error('disk full')));
    await expect(tokens.refresh('old')).rejects.toThrow('disk full');
    expect(await tokens.accessToken()).toBe('old');
  });

  it('says that the grant is dead, without the secret', async () => {
    endpoint().reply(400, { error: 'invalid_grant' });
    const failure = await source()
      .refresh('old')
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AuthError);
    expect((failure as Error).message).toContain('invalid_grant');
    expect(JSON.stringify([failure, (failure as Error).message])).not.toMatch(/hush|refresh-1/);
  });

  it('never takes an answer without a token for one', async () => {
    endpoint().reply(200, { error: 'invalid_grant' });
    await expect(source().refresh('old')).rejects.toBeInstanceOf(AuthError);
  });

  it('comes back later when the endpoint fails or cannot be reached', async () => {
    endpoint().reply(503);
    await expect(source().refresh('old')).rejects.toBeInstanceOf(TransientError);
    endpoint().replyWithError(Object.assign(new Error('socket'), { code: 'ECONNRESET' }));
    const failure = await source()
      .refresh('old')
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientError);
    expect((failure as Error).cause).toBeUndefined();
  });
});

describe('Retry-After', () => {
  it('reads seconds and dates, and nothing else', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(parseRetryAfter('30', now)).toBe(30_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    for (const text of [undefined, '', 'soon', '-5', '1e9', 'x'.repeat(100)])
      expect(parseRetryAfter(text, now)).toBeNull();
  });
});
