import { addressOf, appFingerprint, baseUrlOf } from '../../shared/providers/address';

const environments = { production: 'https://api.books.example', sandbox: 'https://sandbox.books.example' };
const of = (data: object) => addressOf(environments, data, 'credential "Acme"');

describe('the address of a credential', () => {
  it('is that of its environment, and of production where none is chosen', () => {
    expect(of({})).toEqual({ environment: 'production', baseUrl: 'https://api.books.example' });
    expect(of({ environment: 'sandbox', customApiBaseUrl: 'https://ignored.example' })).toEqual({
      environment: 'sandbox',
      baseUrl: 'https://sandbox.books.example',
    });
  });

  it.each(['constructor', '__proto__', 'toString', 'Production', ''])(
    'is refused for an environment that is no choice (%s)',
    (environment) => {
      expect(() => of({ environment })).toThrow(
        'The Environment of the credential "Acme" is not one of the choices',
      );
    },
  );

  it.each([
    ['https://Books.Example', 'https://books.example'],
    ['https://books.example:443/', 'https://books.example'],
    ['https://books.example./api//', 'https://books.example/api'],
    [' https://books.example/a/../b ', 'https://books.example/b'],
    ['http://localhost:4101', 'http://localhost:4101'],
    ['http://127.1:4101/', 'http://127.0.0.1:4101'],
    ['http://[::1]:4101', 'http://[::1]:4101'],
  ])('has one spelling: %s', (entered, address) => {
    expect(of({ environment: 'custom', customApiBaseUrl: entered }).baseUrl).toBe(address);
  });

  it.each([
    [undefined, 'is empty'],
    ['', 'is empty'],
    ['   ', 'is empty'],
    [42, 'is empty'],
    ['books.example', 'is not a URL'],
    ['https://', 'is not a URL'],
    ['http://books.example', 'does not begin with https://'],
    ['http://127.0.0.1.books.example', 'does not begin with https://'],
    ['http://localhost.books.example', 'does not begin with https://'],
    ['http://10.0.0.1', 'does not begin with https://'],
    ['ftp://localhost', 'does not begin with https://'],
    ['file:///etc/passwd', 'does not begin with https://'],
    ['https://ann:secret@books.example', 'contains a user name or a password'],
    ['https://ann@books.example', 'contains a user name or a password'],
    ['https://books.example?to=elsewhere', 'contains a ? or a #'],
    ['https://books.example/?', 'contains a ? or a #'],
    ['https://books.example#there', 'contains a ? or a #'],
  ])('is refused where it is custom and no address to send tokens to: %s', (entered, problem) => {
    const refusal = () => of({ environment: 'custom', customApiBaseUrl: entered });
    expect(refusal).toThrow(`The API Base URL of the credential "Acme" ${problem}`);
    expect(refusal).toThrow(expect.objectContaining({ code: 'validation' }) as Error);
    expect(refusal).not.toThrow(/secret/);
  });

  it('is normalised to what is normalised already', () => {
    const once = baseUrlOf('https://Books.Example/v1/', 'It');
    expect(baseUrlOf(once, 'It')).toBe(once);
  });
});

describe('the fingerprint of an app', () => {
  const app = { clientId: 'id', clientSecret: 'secret' };
  const ofApp = (patch: object, credentialId = '1', provider = 'quickbooks') =>
    appFingerprint(provider, credentialId, { ...app, ...patch });

  it('is the same for every credential of the app', () => {
    expect(ofApp({}, '1')).toBe(ofApp({}, '2'));
  });

  it('is another one for another secret, id or provider', () => {
    const others = [
      ofApp({}),
      ofApp({ clientSecret: 'other' }),
      ofApp({ clientId: 'other' }),
      ofApp({}, '1', 'xero'),
      ofApp({ clientId: 'idsec', clientSecret: 'ret' }),
      ofApp({ clientId: 'ids', clientSecret: 'ecret' }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });

  it.each([{ clientId: '' }, { clientSecret: '' }, { clientId: undefined }, { clientSecret: 7 }])(
    'is of the credential alone where the app is not known (%o)',
    (patch) => {
      expect(ofApp(patch, '1')).not.toBe(ofApp(patch, '2'));
    },
  );
});
