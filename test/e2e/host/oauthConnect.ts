import type { N8nSession } from './session';

/**
 * Does what a user does with "Connect": lets n8n make the authorisation URL, goes there, and follows the provider's
 * redirects back to n8n. The provider must consent by itself. Rejects unless n8n then holds a token.
 */
export async function connectOAuth2(session: N8nSession, credentialId: string): Promise<void> {
  const authUrl = await session.get(`/rest/oauth2-credential/auth?id=${encodeURIComponent(credentialId)}`);
  if (typeof authUrl !== 'string') throw new Error(`n8n made no authorisation URL for ${credentialId}`);

  const callback = await followToCallback(authUrl, new URL(session.url));
  const answer = await session.raw('GET', `${callback.pathname}${callback.search}`);
  const page = await answer.text();

  const stored = (await session.get(`/rest/credentials/${credentialId}?includeData=true`)) as {
    data?: { oauthTokenData?: unknown };
  };
  if (!answer.ok || !stored.data?.oauthTokenData || page.includes('Failed to connect')) {
    throw new Error(`n8n could not connect: ${textOf(page)}`);
  }
}

async function followToCallback(authUrl: string, n8n: URL): Promise<URL> {
  let next = new URL(authUrl);
  for (let hops = 0; hops < 10; hops++) {
    if (next.port === n8n.port && next.pathname.endsWith('/oauth2-credential/callback')) return next;
    const response = await fetch(next, { redirect: 'manual' });
    const body = await response.text();
    const location = response.headers.get('location');
    if (!location) {
      throw new Error(
        `${next.origin} did not send the user back but answered ${response.status}: ${textOf(body)}`,
      );
    }
    next = new URL(location, next);
  }
  throw new Error(`${authUrl} redirects without end`);
}

function textOf(page: string): string {
  const body = page.replace(/<(script|style)[\s\S]*?<\/\1>/g, ' ').replace(/<[^>]+>/g, ' ');
  return body.replace(/\s+/g, ' ').trim().slice(0, 500);
}
