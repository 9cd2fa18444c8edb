import { UnsupportedError } from '../errors';
import type { Provider } from './provider';
import { quickBooks } from './quickbooks';

/** Every provider, one line each. */
export const providers: readonly Provider[] = [quickBooks];

/** Throws UnsupportedError naming the known ones. */
export function providerNamed(name: string): Provider {
  const provider = providers.find((candidate) => candidate.name === name);
  if (provider) return provider;
  throw new UnsupportedError(
    `There is no provider "${name}"; known are ${providers.map((p) => p.name).join(', ')}`,
    {
      nextStep: 'Choose one of the known providers.',
    },
  );
}
