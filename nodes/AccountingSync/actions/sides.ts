import type { IExecuteFunctions } from 'n8n-workflow';
import { appCapabilities } from '../../../shared/app/side';
import type { Sides } from '../../../shared/people/decide';
import type { Connection } from '../../../shared/ports';
import { providerNamed } from '../../../shared/providers';

/** The two sides of a connection, as people are told of them; times are those of the workflow's zone. */
export function sidesOf(context: Pick<IExecuteFunctions, 'getTimezone'>, { provider }: Connection): Sides {
  const { label, capabilities } = providerNamed(provider);
  return {
    labels: { app: 'Your app', ledger: label },
    capabilities: { app: appCapabilities, ledger: capabilities },
    timeZone: context.getTimezone(),
  };
}
