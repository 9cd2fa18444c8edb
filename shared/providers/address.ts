import { ValidationError } from '../errors';
import { sha256 } from '../schema/canonicalJson';

/** What a credential says of the address of its provider. */
export interface AddressData {
  environment?: unknown;
  customApiBaseUrl?: unknown;
}

export const CUSTOM = 'custom';

/** Where a credential's company is. `credential` is how messages name it. Throws ValidationError. */
export function addressOf(
  environments: Readonly<Record<string, string>>,
  { environment = 'production', customApiBaseUrl }: AddressData,
  credential: string,
): { environment: string; baseUrl: string } {
  const name = String(environment);
  if (name === CUSTOM) {
    const baseUrl = baseUrlOf(customApiBaseUrl, `The API Base URL of the ${credential}`);
    return { environment: name, baseUrl };
  }
  // Names such as `constructor` are properties of every object.
  const known = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (known !== undefined) return { environment: name, baseUrl: baseUrlOf(known, name) };
  throw new ValidationError(`The Environment of the ${credential} is not one of the choices`, {
    field: 'environment',
    nextStep: `Open the ${credential} in n8n and choose the environment.`,
  });
}

/**
 * One spelling for one address: scheme, host, port and path, without a slash at the end. Tokens are sent there, so
 * it is encrypted, unless they stay on this machine (simulators). Throws ValidationError, `what` being its subject.
 */
export function baseUrlOf(text: unknown, what: string): string {
  const problem = (is: string) =>
    new ValidationError(`${what} ${is}`, {
      field: 'customApiBaseUrl',
      nextStep: 'Open the credential in n8n and correct it, e.g. https://quickbooks.example.com',
    });
  if (typeof text !== 'string' || text.trim() === '') throw problem('is empty');
  if (!URL.canParse(text.trim())) throw problem('is not a URL');
  const url = new URL(text.trim());
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw problem('does not begin with https://');
  }
  if (url.username !== '' || url.password !== '') throw problem('contains a user name or a password');
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) throw problem('contains a ? or a #');
  // A host with a dot at the end is the same host.
  url.hostname = url.hostname.replace(/\.$/, '');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** As the URL parser writes them: `127.1` has become `127.0.0.1` by now. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);

/**
 * Tells apps of a provider apart without telling their secret. An app is known by both; a credential that lacks
 * one of them has an app of its own.
 */
export function appFingerprint(
  provider: string,
  credentialId: string,
  { clientId, clientSecret }: { clientId?: unknown; clientSecret?: unknown },
): string {
  const known = isText(clientId) && isText(clientSecret);
  const parts = known ? ['app', clientId, clientSecret] : ['credential', credentialId];
  return sha256(JSON.stringify(['n8n-nodes-accounting-sync/app', provider, ...parts]));
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
