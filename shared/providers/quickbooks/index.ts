import type { CallMeter, Clock, Http, Logger } from '../../ports';
import type { RateLimits } from '../http/limiters';
import type { Provider } from '../provider';
import { createQuickBooksClient } from './client';
import { capabilitiesOf, resourcesFor } from './resources';
import { QuickBooksSide } from './side';
import { quickBooksWebhook } from './webhooks';

export const QUICKBOOKS_HOSTS = {
  production: 'https://quickbooks.api.intuit.com',
  sandbox: 'https://sandbox-quickbooks.api.intuit.com',
} as const;

export interface QuickBooksSideOptions {
  http: Http;
  /** One of QUICKBOOKS_HOSTS. */
  baseUrl: string;
  realmId: string;
  meter: CallMeter;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  options?: {
    /** ISO code of the company's country; narrows the capabilities and saves asking. */
    country?: string;
    /** (500 a minute, 10 a second) */
    limits?: RateLimits;
    /** (120 000) */
    timeoutMs?: number;
  };
}

/** A QuickBooks Online company as one side of a connection. */
export function createQuickBooksSide({ options = {}, ...parts }: QuickBooksSideOptions): QuickBooksSide {
  const { country = null, limits, timeoutMs } = options;
  const client = createQuickBooksClient({
    ...parts,
    ...(limits === undefined ? {} : { limits }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return new QuickBooksSide({
    client,
    realmId: parts.realmId,
    clock: parts.clock,
    logger: parts.logger,
    resources: resourcesFor(country),
    country,
  });
}

export const quickBooks: Provider = {
  name: 'quickbooks',
  label: 'QuickBooks Online',
  capabilities: capabilitiesOf(resourcesFor(null)),
  webhook: quickBooksWebhook,
  environments: QUICKBOOKS_HOSTS,
  createSide: ({ tenantId, country, ...parts }) =>
    createQuickBooksSide({
      ...parts,
      realmId: tenantId,
      options: country === undefined ? {} : { country },
    }),
};
