import axios from 'axios';
import { z } from 'zod/v4';
import { AuthError, TransientError, toSyncError } from '../../../shared/errors';
import type { CallMeter, Clock } from '../../../shared/ports';

/** Hands out access tokens; `refresh` is asked for after one was refused. */
export interface TokenSource {
  accessToken(): Promise<string>;
  /** A newer token than `refused`; one that another caller already fetched counts. */
  refresh(refused: string): Promise<string>;
}

export interface OAuth2Tokens {
  accessToken: string;
  refreshToken: string;
  /** Epoch milliseconds. */
  expiresAt?: number;
}

export interface OAuth2TokenSourceOptions {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  tokens: OAuth2Tokens;
  /** Makes new tokens durable; awaited before they are used, as the old refresh token may be dead by then. */
  save(tokens: OAuth2Tokens): Promise<void>;
  clock: Pick<Clock, 'now'>;
  meter?: CallMeter;
  /** (30 000) */
  timeoutMs?: number;
}

/** A token this close to its end is renewed before use. */
const RENEW_BEFORE_MS = 60_000;

const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.coerce.number().positive().optional(),
});

/** OAuth2 refresh, one at a time: whoever asks meanwhile waits for the same answer. */
export function createOAuth2TokenSource(options: OAuth2TokenSourceOptions): TokenSource {
  let tokens = options.tokens;
  let underWay: Promise<string> | null = null;

  const renew = (): Promise<string> => {
    underWay ??= requestTokens(options, tokens)
      .then(async (fresh) => {
        await options.save(fresh);
        tokens = fresh;
        return fresh.accessToken;
      })
      .finally(() => {
        underWay = null;
      });
    return underWay;
  };

  return {
    async accessToken() {
      if (underWay) return await underWay;
      const { expiresAt } = tokens;
      const ending = expiresAt !== undefined && expiresAt - RENEW_BEFORE_MS <= options.clock.now();
      return ending ? await renew() : tokens.accessToken;
    },
    async refresh(refused) {
      return underWay === null && tokens.accessToken !== refused ? tokens.accessToken : await renew();
    },
  };
}

async function requestTokens(
  options: OAuth2TokenSourceOptions,
  current: OAuth2Tokens,
): Promise<OAuth2Tokens> {
  options.meter?.count('auth');
  const { status, data } = await post(options, current).catch((error: unknown) => {
    throw toSyncError(error);
  });
  if (status === 429 || status >= 500) {
    throw new TransientError(`The token endpoint answered ${status}`, {
      nextStep: 'Nothing to do; the token is asked for again by itself.',
    });
  }
  const answer = tokenAnswer.safeParse(data);
  // A refusal may come with status 200 in some services, and its body must never replace the tokens.
  if (status !== 200 || !answer.success) {
    const reason = (data as { error?: unknown } | null)?.error;
    const known = typeof reason === 'string' && /^[a-z_]{1,40}$/.test(reason) ? ` (${reason})` : '';
    throw new AuthError(`The grant could not be renewed: the token endpoint answered ${status}${known}`);
  }
  const { access_token, refresh_token, expires_in } = answer.data;
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? current.refreshToken,
    ...(expires_in === undefined ? {} : { expiresAt: options.clock.now() + expires_in * 1000 }),
  };
}

async function post(options: OAuth2TokenSourceOptions, current: OAuth2Tokens) {
  try {
    const response = await axios.post<unknown>(
      options.tokenUrl,
      new URLSearchParams({ grant_type: 'refresh_token', refresh_token: current.refreshToken }).toString(),
      {
        auth: { username: options.clientId, password: options.clientSecret },
        headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
        timeout: options.timeoutMs ?? 30_000,
        validateStatus: () => true,
        maxRedirects: 0,
      },
    );
    return { status: response.status, data: response.data };
  } catch {
    // Without the cause: it carries the request, and with it the client's secret.
    return { status: 503, data: null };
  }
}
