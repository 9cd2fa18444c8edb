export interface QuickBooksLimits {
  /** Requests per minute and realm, all apps together. */
  realmPerMinute: number;
  /** Requests per second for one realm and app. */
  appPerSecond: number;
  /** Requests per minute for one realm and app over all endpoints. */
  appPerMinute: number;
  batchesAppPerMinute: number;
  batchesRealmPerMinute: number;
  batchItems: number;
  /** Metered reads per calendar month; afterwards reads get 429 until the next month. */
  corePlusPerMonth: number;
}

export type Environment = 'production' | 'sandbox';

/** Points the vendor does not document are options here, each with the default that the reference names. */
export interface QuickBooksBehaviour {
  environment: Environment;
  /** How long a `requestid` replays its first response. */
  requestIdTtlMs: number;
  /** Whether a refused write is replayed too. */
  replayFaults: boolean;
  /** Seconds in the `Retry-After` header of a 429, or null for none. */
  retryAfterSeconds: number | null;
  throttleFaultType: 'SERVICE' | 'THROTTLE';
  /** Whether a 429 has the API's Fault shape or the gateway's lower-case one. */
  throttleShape: 'fault' | 'gateway';
  /** What making a name-list object inactive appends to its name; empty for nothing. */
  deletedNameSuffix: string;
  /** Companies start with "warn about duplicate number" on. */
  duplicateDocNumberWarning: boolean;
  /** Companies start with "custom transaction numbers" on. */
  customTxnNumbers: boolean;
  unknownProperty: 'refuse' | 'ignore';
  inactiveReferenceCode: '610' | '2500';
  taxRounding: 'perRate' | 'perLine';
  deleteLinkedTransaction: 'unlink' | 'refuse';
  tokenErrorDescription: boolean;
  refreshTokenLifetimeSeconds: number;
  /** Entities that CDC answers although nobody confirmed it. */
  cdcUnconfirmedEntities: readonly string[];
  cdcWindowFaultCode: string;
  cdcContentType: string;
  /** Whether `totalCount` accompanies an ordinary query answer. */
  queryTotalCount: boolean;
}

export interface QuickBooksSimulatorOptions extends Partial<QuickBooksBehaviour> {
  /** 0 takes a free port. */
  port?: number;
  seed?: number;
  /** Where the virtual clock starts (anything Date accepts); real time when absent. */
  clock?: string | number | Date;
  /** Limits that differ from the published ones; false lifts them all. */
  limits?: Partial<QuickBooksLimits> | false;
}

export const publishedLimits: QuickBooksLimits = {
  realmPerMinute: 500,
  appPerSecond: 10,
  appPerMinute: 800,
  batchesAppPerMinute: 40,
  batchesRealmPerMinute: 120,
  batchItems: 30,
  corePlusPerMonth: 500_000,
};

const noLimits: QuickBooksLimits = {
  ...publishedLimits,
  realmPerMinute: Infinity,
  appPerSecond: Infinity,
  appPerMinute: Infinity,
  batchesAppPerMinute: Infinity,
  batchesRealmPerMinute: Infinity,
  corePlusPerMonth: Infinity,
};

const defaultBehaviour: QuickBooksBehaviour = {
  environment: 'production',
  requestIdTtlMs: 24 * 3_600_000,
  replayFaults: true,
  retryAfterSeconds: null,
  throttleFaultType: 'SERVICE',
  throttleShape: 'fault',
  deletedNameSuffix: ' (deleted)',
  duplicateDocNumberWarning: false,
  customTxnNumbers: false,
  unknownProperty: 'refuse',
  inactiveReferenceCode: '610',
  taxRounding: 'perRate',
  deleteLinkedTransaction: 'unlink',
  tokenErrorDescription: false,
  refreshTokenLifetimeSeconds: 8_726_400,
  cdcUnconfirmedEntities: ['CompanyCurrency'],
  cdcWindowFaultCode: '6000',
  cdcContentType: 'application/json;charset=UTF-8',
  queryTotalCount: false,
};

export interface Settings extends QuickBooksBehaviour {
  seed: number;
  limits: QuickBooksLimits;
}

export function settingsOf(options: QuickBooksSimulatorOptions): Settings {
  const { port: _port, seed = 1, clock: _clock, limits = {}, ...behaviour } = options;
  return {
    ...defaultBehaviour,
    ...behaviour,
    seed,
    limits: limits === false ? { ...noLimits } : { ...publishedLimits, ...limits },
  };
}
