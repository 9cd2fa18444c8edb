import type { IDataObject } from 'n8n-workflow';
import { AuthError, ValidationError } from '../../shared/errors';
import { readSecrets, type SecretsReading } from '../../shared/intake/secrets';
import type { Access, Binding, CallMeter } from '../../shared/ports';
import { providerNamed } from '../../shared/providers';
import type { ProviderSide } from '../../shared/providers/provider';
import { createQuickBooksSide } from '../../shared/providers/quickbooks';
import { systemClock } from '../../shared/system';
import { bindingOf, type ProviderCredentialData } from './binding';
import { credentialNamed, type HttpNodeContext, type NodeContext } from './context';
import { nodeHttp } from './http';
import { nodeLogger } from './logger';

export const QUICKBOOKS_CREDENTIAL = 'accountingSyncQuickBooksOAuth2Api';
export const QUICKBOOKS = 'quickbooks';

/** Well below the time a record is leased for. */
const TIMEOUT_MS = 30_000;

/** What a node's credential says, connected or not. */
export interface QuickBooksCredential {
  binding: Binding;
  /** What webhooks are verified with. */
  verifierTokens: SecretsReading;
}

interface CredentialData extends ProviderCredentialData {
  webhookVerifierToken?: string;
  oauthTokenData?: IDataObject & { callbackQueryString?: { realmId?: unknown } };
}

export async function quickBooksCredential(context: NodeContext): Promise<QuickBooksCredential> {
  const data = await context.getCredentials<CredentialData>(QUICKBOOKS_CREDENTIAL);
  return {
    binding: bindingOf(context, QUICKBOOKS_CREDENTIAL, QUICKBOOKS, data),
    verifierTokens: readSecrets(data.webhookVerifierToken ?? ''),
  };
}

/** The company that a node's credential is connected to. Throws AuthError while it is connected to none. */
export async function quickBooksCompany(context: NodeContext): Promise<Access> {
  const data = await context.getCredentials<CredentialData>(QUICKBOOKS_CREDENTIAL);
  const realmId = data.oauthTokenData?.callbackQueryString?.realmId;
  if (typeof realmId !== 'string' || realmId === '') {
    const credential = credentialNamed(context, QUICKBOOKS_CREDENTIAL);
    throw new AuthError(`The QuickBooks ${credential} is not connected to a company yet`, {
      provider: QUICKBOOKS,
      nextStep: `Open the ${credential} in n8n, choose Connect, and pick the company.`,
    });
  }
  const binding = bindingOf(context, QUICKBOOKS_CREDENTIAL, QUICKBOOKS, data);
  return { provider: QUICKBOOKS, tenantId: realmId, binding };
}

/** Throws ValidationError where a webhook could verify nothing. */
export async function requireVerifierTokens(context: NodeContext): Promise<void> {
  const { verifierTokens } = await quickBooksCredential(context);
  if (!('unusable' in verifierTokens)) return;
  const credential = credentialNamed(context, QUICKBOOKS_CREDENTIAL);
  const foundIn = providerNamed(QUICKBOOKS).webhook?.secretFoundIn ?? '';
  throw new ValidationError(
    `Webhooks cannot be verified with the ${credential}: the Webhook Verifier Token is not usable, ${verifierTokens.unusable}`,
    { nextStep: `Open the ${credential} and enter the token that is shown in ${foundIn}.` },
  );
}

/** The company's books. */
export function quickBooksSide(
  context: HttpNodeContext,
  { tenantId, binding }: Access,
  meter: CallMeter,
): ProviderSide {
  return createQuickBooksSide({
    http: nodeHttp(context, QUICKBOOKS_CREDENTIAL),
    baseUrl: binding.baseUrl,
    realmId: tenantId,
    meter,
    clock: systemClock,
    logger: nodeLogger(context.logger),
    options: { timeoutMs: TIMEOUT_MS },
  });
}
