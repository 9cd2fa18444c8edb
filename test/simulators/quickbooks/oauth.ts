import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { VirtualClock } from './clock';
import { textOf, type Fields } from './json';
import type { Environment, Settings } from './options';
import type { Random } from './random';

export interface App {
  clientId: string;
  clientSecret: string;
  environment: Environment;
}

/** What a company's admin allowed an app to do; it ends when either side revokes it. */
export interface Grant {
  realmId: string;
  app: App;
  scope: string;
  alive: boolean;
  refreshToken: string;
  refreshIssuedMs: number;
  refreshExpiresMs: number;
  firstIssuedMs: number;
}

interface AccessToken {
  grant: Grant;
  expiresMs: number;
}

interface Code {
  realmId: string;
  app: App;
  scope: string;
  redirectUri: string;
  nonce: string;
  expiresMs: number;
}

export interface TokenAnswer {
  status: number;
  body: Fields;
}

export const ACCESS_SECONDS = 3600;
const ROTATION_MS = 24 * 3_600_000;
const HARD_LIMIT_MS = 5 * 365 * 24 * 3_600_000;
const CODE_MS = 10 * 60_000;

/** The authorization server: codes, grants and the token pairs that belong to them. */
export class OAuthServer {
  private readonly codes = new Map<string, Code>();
  private readonly access = new Map<string, AccessToken>();
  private readonly refresh = new Map<string, Grant>();
  private readonly grants: Grant[] = [];
  private keys: { publicKey: KeyObject; privateKey: KeyObject } | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly apps: readonly App[],
    /** Where the id token says it comes from. */
    private readonly issuer: () => string,
  ) {}

  app(clientId: string): App | undefined {
    return this.apps.find((app) => app.clientId === clientId);
  }

  issueCode(code: Omit<Code, 'expiresMs'>): string {
    const value = `AB1${this.random.text(40)}`;
    this.codes.set(value, { ...code, expiresMs: this.clock.now() + CODE_MS });
    return value;
  }

  /** Connects a company without a browser, as the simulator's own descriptor needs it. */
  connect(realmId: string, app: App): { accessToken: string; refreshToken: string } {
    const grant = this.newGrant(realmId, app, 'com.intuit.quickbooks.accounting');
    return { accessToken: this.newAccess(grant), refreshToken: grant.refreshToken };
  }

  /** The grant behind a bearer token, with the reason when there is none. */
  bearer(token: string): Grant | 'unknown' | 'expired' {
    const found = this.access.get(token);
    if (found === undefined || !found.grant.alive) return 'unknown';
    return found.expiresMs > this.clock.now() ? found.grant : 'expired';
  }

  token(form: URLSearchParams, authorization: string, wantsHardExpiry: boolean): TokenAnswer {
    const app = this.client(form, authorization);
    if (app === undefined) return { status: 401, body: { error: 'invalid_client' } };
    const type = form.get('grant_type') ?? '';
    if (type === 'authorization_code') return this.exchange(form, app, wantsHardExpiry);
    if (type === 'refresh_token') return this.renew(form, app, wantsHardExpiry);
    return { status: 400, body: { error: type === '' ? 'invalid_request' : 'unsupported_grant_type' } };
  }

  revoke(token: string, authorization: string): TokenAnswer {
    const app = this.client(new URLSearchParams(), authorization);
    if (app === undefined) return { status: 401, body: { error: 'invalid_client' } };
    const grant = this.refresh.get(token) ?? this.access.get(token)?.grant;
    if (grant === undefined || grant.app !== app) return { status: 400, body: { error: 'invalid_request' } };
    grant.alive = false;
    return { status: 200, body: {} };
  }

  expire(kind: 'access' | 'refresh' | 'all', realmId?: string): void {
    const now = this.clock.now();
    const concerns = (grant: Grant) => realmId === undefined || grant.realmId === realmId;
    if (kind !== 'refresh') {
      for (const token of this.access.values())
        if (concerns(token.grant)) token.expiresMs = Math.min(token.expiresMs, now);
    }
    if (kind !== 'access') for (const grant of this.grants) if (concerns(grant)) grant.refreshExpiresMs = now;
  }

  revokeGrants(realmId?: string): void {
    for (const grant of this.grants)
      if (realmId === undefined || grant.realmId === realmId) grant.alive = false;
  }

  jwks(): Fields {
    const jwk = this.signingKeys().publicKey.export({ format: 'jwk' });
    return {
      keys: [{ kty: 'RSA', e: jwk.e, n: jwk.n, use: 'sig', kid: 'r4p5SbL2qaFehFzhj8gI', alg: 'RS256' }],
    };
  }

  private client(form: URLSearchParams, authorization: string): App | undefined {
    let id = form.get('client_id') ?? '';
    let secret = form.get('client_secret') ?? '';
    if (/^Basic /i.test(authorization)) {
      const [user = '', ...rest] = Buffer.from(authorization.slice(6), 'base64').toString('utf8').split(':');
      id = user;
      secret = rest.join(':');
    }
    const app = this.app(id);
    return app?.clientSecret === secret ? app : undefined;
  }

  private invalidGrant(): TokenAnswer {
    const description = this.settings.tokenErrorDescription
      ? { error_description: 'Incorrect or invalid refresh token' }
      : {};
    return { status: 400, body: { ...description, error: 'invalid_grant' } };
  }

  private exchange(form: URLSearchParams, app: App, wantsHardExpiry: boolean): TokenAnswer {
    const value = form.get('code') ?? '';
    const redirectUri = form.get('redirect_uri') ?? '';
    if (value === '' || redirectUri === '') return { status: 400, body: { error: 'invalid_request' } };
    const code = this.codes.get(value);
    this.codes.delete(value);
    const valid =
      code !== undefined &&
      code.app === app &&
      code.redirectUri === redirectUri &&
      code.expiresMs > this.clock.now();
    if (!valid) return this.invalidGrant();
    const grant = this.newGrant(code.realmId, app, code.scope);
    const openid = code.scope.split(' ').includes('openid');
    return this.answer(grant, wantsHardExpiry, openid ? { id_token: this.idToken(grant, code.nonce) } : {});
  }

  private renew(form: URLSearchParams, app: App, wantsHardExpiry: boolean): TokenAnswer {
    const value = form.get('refresh_token') ?? '';
    if (value === '') return { status: 400, body: { error: 'invalid_request' } };
    const grant = this.refresh.get(value);
    const now = this.clock.now();
    const usable =
      grant !== undefined &&
      grant.alive &&
      grant.app === app &&
      grant.refreshToken === value &&
      grant.refreshExpiresMs > now &&
      now < grant.firstIssuedMs + HARD_LIMIT_MS;
    if (!usable) return this.invalidGrant();
    if (now - grant.refreshIssuedMs >= ROTATION_MS) this.rotate(grant);
    else grant.refreshExpiresMs = now + this.settings.refreshTokenLifetimeSeconds * 1000;
    return this.answer(grant, wantsHardExpiry, {});
  }

  private answer(grant: Grant, wantsHardExpiry: boolean, extra: Fields): TokenAnswer {
    const now = this.clock.now();
    const hard = Math.floor((grant.firstIssuedMs + HARD_LIMIT_MS - now) / 1000);
    return {
      status: 200,
      body: {
        x_refresh_token_expires_in: Math.round((grant.refreshExpiresMs - now) / 1000),
        refresh_token: grant.refreshToken,
        access_token: this.newAccess(grant),
        token_type: 'bearer',
        expires_in: ACCESS_SECONDS,
        ...extra,
        ...(wantsHardExpiry ? { x_refresh_token_hard_expires_in: hard } : {}),
      },
    };
  }

  private newGrant(realmId: string, app: App, scope: string): Grant {
    const now = this.clock.now();
    const grant: Grant = {
      realmId,
      app,
      scope,
      alive: true,
      refreshToken: '',
      refreshIssuedMs: now,
      refreshExpiresMs: now,
      firstIssuedMs: now,
    };
    this.rotate(grant);
    this.grants.push(grant);
    return grant;
  }

  /** A new value is handed out and the old one is dead at once. */
  private rotate(grant: Grant): void {
    const now = this.clock.now();
    grant.refreshToken = `RT1-${this.random.below(200)}-H0-${this.random.text(36)}`;
    grant.refreshIssuedMs = now;
    grant.refreshExpiresMs = now + this.settings.refreshTokenLifetimeSeconds * 1000;
    this.refresh.set(grant.refreshToken, grant);
  }

  private newAccess(grant: Grant): string {
    const token = `eyJ${this.random.text(60)}.${this.random.text(120)}.${this.random.text(22)}`;
    this.access.set(token, { grant, expiresMs: this.clock.now() + ACCESS_SECONDS * 1000 });
    return token;
  }

  private idToken(grant: Grant, nonce: string): string {
    const now = Math.floor(this.clock.now() / 1000);
    const encode = (content: Fields) => Buffer.from(JSON.stringify(content)).toString('base64url');
    const claims: Fields = {
      sub: `user-${grant.realmId}`,
      aud: [grant.app.clientId],
      realmid: grant.realmId,
      auth_time: now,
      iss: this.issuer(),
      exp: now + ACCESS_SECONDS,
      iat: now,
      ...(nonce === '' ? {} : { nonce }),
    };
    const unsigned = `${encode({ kid: 'r4p5SbL2qaFehFzhj8gI', typ: 'JWT', alg: 'RS256' })}.${encode(claims)}`;
    const signature = createSign('RSA-SHA256')
      .update(unsigned)
      .sign(this.signingKeys().privateKey)
      .toString('base64url');
    return `${unsigned}.${signature}`;
  }

  /** Made only when somebody asks for an id token: it takes a moment. */
  private signingKeys() {
    this.keys ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
    return this.keys;
  }
}

/** The query of a redirect back to the app, or what is wrong with the request. */
export function checkAuthorize(query: URLSearchParams, app: App | undefined): string | undefined {
  if (app === undefined) return 'invalid client_id';
  if (query.get('response_type') !== 'code') return 'response_type must be code';
  const redirect = textOf(query.get('redirect_uri'));
  if (!URL.canParse(redirect)) return 'redirect_uri is missing or invalid';
  const scopes = (query.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
  if (scopes.length === 0) return 'scope is missing';
  const known = /^(com\.intuit\.quickbooks\.(accounting|payment)|openid|profile|email|phone|address)$/;
  if (!scopes.every((scope) => known.test(scope))) return 'invalid scope';
  if ((query.get('state') ?? '') === '') return 'state is missing';
  return undefined;
}
