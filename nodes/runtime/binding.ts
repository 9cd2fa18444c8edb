import { ValidationError } from '../../shared/errors';
import type { Binding } from '../../shared/ports';
import { addressOf, appFingerprint, type AddressData } from '../../shared/providers/address';
import { providerNamed } from '../../shared/providers';
import { credentialNamed, type NodeContext } from './context';

/** What credentials of providers have in common. */
export interface ProviderCredentialData extends AddressData {
  clientId?: unknown;
  clientSecret?: unknown;
}

/** What a node's credential binds a connection to. It need not be connected for that. */
export function bindingOf(
  context: Pick<NodeContext, 'getNode'>,
  credentialType: string,
  provider: string,
  data: ProviderCredentialData,
): Binding {
  const credential = credentialNamed(context, credentialType);
  const credentialId = context.getNode().credentials?.[credentialType]?.id;
  if (!credentialId) {
    throw new ValidationError(`The ${credential} of this node is not one that is stored in n8n`, {
      nextStep: 'Choose the credential in the node again.',
    });
  }
  const address = addressOf(providerNamed(provider).environments, data, credential);
  return { credentialId, ...address, app: appFingerprint(provider, credentialId, data) };
}
