import type { IDataObject } from 'n8n-workflow';
import { AuthError } from '../../shared/errors';
import type { CallMeter } from '../../shared/ports';
import type { ProviderSide } from '../../shared/providers/provider';
import { createQuickBooksSide, QUICKBOOKS_HOSTS } from '../../shared/providers/quickbooks';
import { systemClock } from '../../shared/system';
import { credentialNamed, type HttpNodeContext, type NodeContext } from './context';
import { nodeHttp } from './http';
import { nodeLogger } from './logger';

export const QUICKBOOKS_CREDENTIAL = 'accountingSyncQuickBooksOAuth2Api';
export const QUICKBOOKS = 'quickbooks';

const BASE_URLS: Readonly<Record<string, string>> = QUICKBOOKS_HOSTS;

/** Well below the time a record is leased for. */
const TIMEOUT_MS = 30_000;

/** The company that a node's credential is connected to. */
export interface QuickBooksCompany {
  realmId: string;
  baseUrl: string;
  verifierTokens: string[];
}

interface CredentialData {
  environment?: string;
  customApiBaseUrl?: string;
  webhookVerifierToken?: string;
  oauthTokenData?: IDataObject & { callbackQueryString?: { realmId?: unknown } };
}

export async function quickBooksCompany(context: NodeContext): Promise<QuickBooksCompany> {
  const data = await context.getCredentials<CredentialData>(QUICKBOOKS_CREDENTIAL);
  const realmId = data.oauthTokenData?.callbackQueryString?.realmId;
  if (typeof realmId !== 'string' || realmId === '') {
    const credential = credentialNamed(context, QUICKBOOKS_CREDENTIAL);
    throw new AuthError(`The QuickBooks ${credential} is not connected to a company yet`, {
      provider: QUICKBOOKS,
      nextStep: `Open the ${credential} in n8n, choose Connect, and pick the company.`,
    });
  }
  const environment = data.environment ?? 'production';
  return {
    realmId,
    baseUrl: BASE_URLS[environment] ?? data.customApiBaseUrl ?? '',
    verifierTokens: (data.webhookVerifierToken ?? '').split(/[\s,]+/).filter((token) => token !== ''),
  };
}

/** The company's books. */
export function quickBooksSide(
  context: HttpNodeContext,
  { realmId, baseUrl }: QuickBooksCompany,
  meter: CallMeter,
): ProviderSide {
  return createQuickBooksSide({
    http: nodeHttp(context, QUICKBOOKS_CREDENTIAL),
    baseUrl,
    realmId,
    meter,
    clock: systemClock,
    logger: nodeLogger(context.logger),
    options: { timeoutMs: TIMEOUT_MS },
  });
}
