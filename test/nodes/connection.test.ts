import { boundConnection, chosenConnection } from '../../nodes/runtime/connection';
import type { ConnectionStore } from '../../shared/ports';

describe('a connection that is not there', () => {
  const connections = { list: async () => [], get: async () => null, bound: async () => null };
  const store = {
    location: 'postgres://db:5432/d (schema books)',
    connections: connections as unknown as ConnectionStore,
  };
  const looked = {
    code: 'not_found',
    message: expect.stringContaining('the store at postgres://db:5432/d (schema books)') as string,
  };

  it('is missed in a store that is named, because it may be the wrong one', async () => {
    await expect(chosenConnection(store, { mode: 'list', value: '' })).rejects.toMatchObject({
      ...looked,
      details: { nextStep: expect.stringContaining('Create one') as string },
    });
    const access = { provider: 'p', tenantId: 't', binding: { credentialId: '1', baseUrl: 'https://x' } };
    await expect(boundConnection(store, access as never)).rejects.toMatchObject({
      message: expect.stringMatching(/^The store at .* \(schema books\) has no connection/) as string,
    });
  });
});
