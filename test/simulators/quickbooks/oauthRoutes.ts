import type { Rendered } from './envelopes';
import type { Fields } from './json';
import { checkAuthorize } from './oauth';
import type { ApiRequest } from './requests';
import type { World } from './world';

export const oauthPaths = {
  authorize: '/connect/oauth2',
  bearer: '/oauth2/v1/tokens/bearer',
  revoke: '/v2/oauth2/tokens/revoke',
  userinfo: '/v1/openid_connect/userinfo',
  jwks: '/op/v1/jwks',
} as const;

const json = (status: number, body: Fields): Rendered => ({
  status,
  headers: { 'content-type': 'application/json;charset=utf-8', 'cache-control': 'no-cache, no-store' },
  body: JSON.stringify(body),
});

/** The consent screen, always agreed to unless control said otherwise; the redirect names the company. */
function authorize(world: World, request: ApiRequest): Rendered {
  const { query } = request;
  const app = world.oauth.app(query.get('client_id') ?? '');
  const wrong = checkAuthorize(query, app);
  if (wrong !== undefined || app === undefined) {
    return {
      status: 400,
      headers: { 'content-type': 'text/html' },
      body: `<html><body>Sorry: ${wrong ?? ''}</body></html>`,
    };
  }
  const target = new URL(query.get('redirect_uri') ?? '');
  target.searchParams.set('state', query.get('state') ?? '');
  const { realmId, deny } = world.consent;
  world.consent = {};
  if (deny === true) {
    target.searchParams.set('error', 'access_denied');
  } else {
    const company =
      realmId ??
      [...world.companies.values()].find(({ profile }) => profile.environment === app.environment)?.profile
        .realmId;
    if (company === undefined) return json(400, { error: 'no company in this environment' });
    const code = world.oauth.issueCode({
      realmId: company,
      app,
      scope: query.get('scope') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      nonce: query.get('nonce') ?? '',
    });
    target.searchParams.set('code', code);
    target.searchParams.set('realmId', company);
  }
  return { status: 302, headers: { location: target.toString() }, body: '' };
}

function token(world: World, request: ApiRequest): Rendered {
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  if (!isForm) return json(400, { error: 'invalid_request' });
  const wantsHard = request.headers['x-include-refresh-token-hard-expires-in'] === 'true';
  const form = new URLSearchParams(request.body.toString('utf8'));
  const { status, body } = world.oauth.token(form, request.headers.authorization ?? '', wantsHard);
  return json(status, body);
}

function revoke(world: World, request: ApiRequest): Rendered {
  const text = request.body.toString('utf8');
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  let value = new URLSearchParams(text).get('token') ?? '';
  if (isJson) {
    try {
      value = String((JSON.parse(text) as Fields).token ?? '');
    } catch {
      value = '';
    }
  }
  const answer = world.oauth.revoke(value, request.headers.authorization ?? '');
  return answer.status === 200 ? { status: 200, headers: {}, body: '' } : json(answer.status, answer.body);
}

function userinfo(world: World, request: ApiRequest): Rendered {
  const grant = world.oauth.bearer((request.headers.authorization ?? '').replace(/^Bearer /i, ''));
  if (typeof grant === 'string' || !grant.scope.split(' ').includes('openid'))
    return json(401, { error: 'invalid_token' });
  return json(200, {
    sub: `user-${grant.realmId}`,
    givenName: 'Sandbox',
    familyName: 'User',
    email: 'sandbox.user@intuit.example',
    emailVerified: true,
  });
}

function discovery(origin: string): Rendered {
  return json(200, {
    issuer: origin,
    authorization_endpoint: origin + oauthPaths.authorize,
    token_endpoint: origin + oauthPaths.bearer,
    userinfo_endpoint: origin + oauthPaths.userinfo,
    revocation_endpoint: origin + oauthPaths.revoke,
    jwks_uri: origin + oauthPaths.jwks,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'email', 'profile', 'address', 'phone'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    claims_supported: ['aud', 'exp', 'iat', 'iss', 'realmid', 'sub'],
  });
}

/** Answers the authorization server's URLs; undefined when the URL is not one of them. */
export function answerOAuth(world: World, request: ApiRequest, origin: string): Rendered | undefined {
  const at = `${request.method} ${request.path.replace(/\/$/, '')}`;
  switch (at) {
    case `GET ${oauthPaths.authorize}`:
      return authorize(world, request);
    case `POST ${oauthPaths.bearer}`:
      return token(world, request);
    case `POST ${oauthPaths.revoke}`:
      return revoke(world, request);
    case `GET ${oauthPaths.userinfo}`:
      return userinfo(world, request);
    case `GET ${oauthPaths.jwks}`:
      return json(200, world.oauth.jwks());
    case 'GET /.well-known/openid_configuration':
    case 'GET /.well-known/openid_sandbox_configuration':
      return discovery(origin);
    default:
      return undefined;
  }
}
