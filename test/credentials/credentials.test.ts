import { AccountingSyncQuickBooksOAuth2Api } from '../../credentials/AccountingSyncQuickBooksOAuth2Api.credentials';
import { AccountingSyncStoreApi } from '../../credentials/AccountingSyncStoreApi.credentials';
import { quickBooksCompany, quickBooksCredential } from '../../nodes/runtime/quickBooks';

describe('the QuickBooks credential', () => {
  it('hides its secrets and what OAuth2 needs, and asks for addresses only where they are custom', () => {
    const { properties } = new AccountingSyncQuickBooksOAuth2Api();
    const named = (name: string) => properties.find((property) => property.name === name);
    expect(named('webhookVerifierToken')?.typeOptions).toEqual({ password: true });
    for (const name of ['grantType', 'authUrl', 'accessTokenUrl', 'scope', 'authentication']) {
      expect(named(name)?.type).toBe('hidden');
    }
    for (const name of ['customApiBaseUrl', 'customAuthUrl', 'customAccessTokenUrl']) {
      expect(named(name)?.displayOptions).toEqual({ show: { environment: ['custom'] } });
    }
  });

  const getNode = () => ({
    credentials: { accountingSyncQuickBooksOAuth2Api: { id: '1', name: 'Acme books' } },
  });
  const companyOf = (data: object) =>
    quickBooksCompany({ getNode, getCredentials: () => Promise.resolve(data) } as never);
  const oauthTokenData = { callbackQueryString: { realmId: '42' } };

  it('tells the company and where it is', async () => {
    expect(await companyOf({ environment: 'sandbox', oauthTokenData })).toEqual({
      provider: 'quickbooks',
      tenantId: '42',
      binding: {
        credentialId: '1',
        environment: 'sandbox',
        baseUrl: 'https://sandbox-quickbooks.api.intuit.com',
        app: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    });
    const custom = { environment: 'custom', customApiBaseUrl: 'http://LOCALHOST:1/', oauthTokenData };
    expect(await companyOf(custom)).toMatchObject({
      binding: { environment: 'custom', baseUrl: 'http://localhost:1' },
    });
  });

  it('tells the verifier tokens, connected or not', async () => {
    const [first, second] = ['the-first-of-two-tokens', 'the-second-of-two-tokens'];
    const data = { webhookVerifierToken: ` ${first},\n${second} ` };
    const context = { getNode, getCredentials: () => Promise.resolve(data) } as never;
    expect(await quickBooksCredential(context)).toMatchObject({
      verifierTokens: { secrets: [first, second] },
    });
  });

  it('says that it has to be connected first', async () => {
    await expect(companyOf({ environment: 'production' })).rejects.toMatchObject({
      code: 'auth',
      message: 'The QuickBooks credential "Acme books" is not connected to a company yet',
    });
  });
});

describe('the store credential', () => {
  const { properties } = new AccountingSyncStoreApi();
  const named = (name: string) => properties.find((property) => property.name === name);

  it('hides the password, checks the server unless told otherwise, and takes several lines for a certificate', () => {
    expect(named('password')?.typeOptions).toEqual({ password: true });
    expect(named('ssl')?.default).toBe('auto');
    expect(named('ca')?.typeOptions).toEqual({ rows: 4 });
  });

  it('has no place for the name of a file', () => {
    expect(properties.map(({ name }) => name)).toEqual([
      'host',
      'port',
      'database',
      'user',
      'password',
      'schema',
      'ssl',
      'ca',
    ]);
  });
});
