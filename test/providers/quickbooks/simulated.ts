import { createAxiosHttp } from '../../support/http/axiosHttp';
import { closeLimiters } from '../../../shared/providers/http/limiters';
import { createOAuth2TokenSource } from '../../support/http/oauth2TokenSource';
import { createQuickBooksSide } from '../../../shared/providers/quickbooks';
import type { QuickBooksSide } from '../../../shared/providers/quickbooks/side';
import { silentLogger, systemClock } from '../../../shared/system';
import {
  startQuickBooksSimulator,
  type CompanyOptions,
  type QuickBooksSimulator,
  type QuickBooksSimulatorOptions,
} from '../../simulators/quickbooks';

export interface Simulated {
  simulator: QuickBooksSimulator;
  realmId: string;
  side: QuickBooksSide;
  calls: { read: number; write: number; auth: number };
  close(): Promise<void>;
}

/** The adapter against a simulated company, over real HTTP. */
export async function simulate(
  options: QuickBooksSimulatorOptions = {},
  company?: CompanyOptions,
): Promise<Simulated> {
  const simulator = await startQuickBooksSimulator({ port: 0, seed: 7, limits: false, ...options });
  const { descriptor } = simulator;
  const own = company ? simulator.control.createCompany(company) : null;
  const calls = { read: 0, write: 0, auth: 0 };
  const meter = { count: (kind: 'read' | 'write' | 'auth') => void calls[kind]++ };
  const token = createOAuth2TokenSource({
    tokenUrl: descriptor.tokenUrl,
    clientId: descriptor.clientId,
    clientSecret: descriptor.clientSecret,
    tokens: {
      accessToken: own?.accessToken ?? descriptor.accessToken,
      refreshToken: own?.refreshToken ?? descriptor.refreshToken,
    },
    save: () => Promise.resolve(),
    clock: systemClock,
    meter,
  });
  const realmId = own?.realmId ?? descriptor.tenantId;
  const side = createQuickBooksSide({
    http: createAxiosHttp({ token }),
    baseUrl: descriptor.baseUrl,
    realmId,
    meter,
    clock: { now: () => simulator.control.clock().ms },
    logger: silentLogger,
    options: { limits: { perMinute: 1_000_000, perSecond: 1000 } },
  });
  return {
    simulator,
    realmId,
    side,
    calls,
    close: async () => {
      await closeLimiters();
      await simulator.close();
    },
  };
}
