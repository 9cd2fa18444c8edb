import type { Binding, Connection } from '../../shared/ports';

export const aBinding = (patch: Partial<Binding> = {}): Binding => ({
  credentialId: 'credential-1',
  environment: 'sandbox',
  baseUrl: 'https://books.example',
  app: 'app-1',
  ...patch,
});

/** A connection with nothing special about it. */
export const aConnection = (id = 'c1', patch: Partial<Connection> = {}): Connection => ({
  id,
  name: `Connection ${id}`,
  provider: 'quickbooks',
  tenantId: `tenant-${id}`,
  state: 'active',
  pausedReason: null,
  resumeAt: null,
  settings: {},
  createdAt: 1_750_000_000_000,
  binding: aBinding(),
  ...patch,
});
