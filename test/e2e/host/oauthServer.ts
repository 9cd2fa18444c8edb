import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OAuthServer {
  readonly url: string;
  /** The bodies of the token requests so far. */
  readonly tokenRequests: string[];
  close(): Promise<void>;
}

/** The smallest provider that consents by itself: `/authorize` sends the user back, `/token` grants. */
export async function startOAuthServer(): Promise<OAuthServer> {
  const tokenRequests: string[] = [];
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'granted');
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      back.searchParams.set('realmId', '4711');
      response.writeHead(302, { location: back.href }).end();
      return;
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      tokenRequests.push(body);
      const refused = body.includes('refused');
      response.writeHead(refused ? 400 : 200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          refused
            ? { error: 'invalid_grant' }
            : { access_token: 'access', refresh_token: 'refresh', token_type: 'bearer', expires_in: 3600 },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenRequests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
