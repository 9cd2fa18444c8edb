import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../../shared/errors';
import { providerNamed, providers } from '../../shared/providers';
import { entityNamed } from '../../shared/schema/entities';

describe('provider registry', () => {
  it.each(providers.map((provider) => [provider.name, provider] as const))(
    'knows what %s can do',
    (name, provider) => {
      expect(providerNamed(name)).toBe(provider);
      for (const [entity, capability] of Object.entries(provider.capabilities.entities)) {
        expect(entityNamed(entity).name).toBe(entity);
        for (const reason of [
          ...Object.values(capability.unsupported),
          ...Object.values(capability.readOnly),
        ]) {
          expect(reason).toMatch(/\.$/);
        }
      }
    },
  );

  it('names the known ones to who asks for another', () => {
    expect(() => providerNamed('abacus')).toThrow(UnsupportedError);
    expect(() => providerNamed('abacus')).toThrow('quickbooks');
  });

  it('is not known to the mapping combinators', () => {
    const folder = join(__dirname, '../../shared/mapping');
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toMatch(
        /quickbooks|intuit|xero|wave|accountedge/i,
      );
    }
  });
});
