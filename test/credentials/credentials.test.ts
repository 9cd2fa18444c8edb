import { join } from 'node:path';
import { AccountingSyncQuickBooksOAuth2Api } from '../../credentials/AccountingSyncQuickBooksOAuth2Api.credentials';
import { AccountingSyncStoreApi } from '../../credentials/AccountingSyncStoreApi.credentials';
import { locationOf, n8nFolder, testStore } from '../../nodes/runtime/store';
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
    const data = { webhookVerifierToken: ' a, b ' };
    const context = { getNode, getCredentials: () => Promise.resolve(data) } as never;
    expect(await quickBooksCredential(context)).toMatchObject({ verifierTokens: ['a', 'b'] });
  });

  it('says that it has to be connected first', async () => {
    await expect(companyOf({ environment: 'production' })).rejects.toMatchObject({
      code: 'auth',
      message: 'The QuickBooks credential "Acme books" is not connected to a company yet',
    });
  });
});

describe('the store credential', () => {
  it('hides the password', () => {
    const { properties } = new AccountingSyncStoreApi();
    expect(properties.find(({ name }) => name === 'password')?.typeOptions).toEqual({ password: true });
  });

  it('names a file in the data folder, or a database', () => {
    expect(locationOf({})).toEqual({
      kind: 'sqlite',
      path: join(n8nFolder(), 'accounting-sync', 'store.sqlite'),
    });
    expect(locationOf({ kind: 'sqlite', path: '/data/s.sqlite' })).toEqual({
      kind: 'sqlite',
      path: '/data/s.sqlite',
    });
    const postgres = {
      kind: 'postgres',
      host: 'db',
      port: 5432,
      database: 'd',
      user: 'u',
      password: 'p',
      ssl: 'unchecked',
    };
    expect(locationOf(postgres)).toMatchObject({
      kind: 'postgres',
      host: 'db',
      ssl: { rejectUnauthorized: false },
    });
    expect(() => locationOf({ kind: 'postgres' })).toThrow('lacks a host');
  });

  it('is tested by opening the store', async () => {
    const broken = await testStore.call({} as never, {
      data: { kind: 'sqlite', path: '/dev/null/store.sqlite' },
    });
    expect(broken.status).toBe('Error');
    expect(broken.message).toMatch(/\/dev\/null.*\. Correct the path\.$/);
  });
});
