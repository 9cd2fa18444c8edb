import type { CallMeter, Change, Clock, Http, Logger, Side, SideCapabilities } from '../ports';
import type { Instant } from '../schema/calendar';

export interface ChangeAnswer {
  changes: Change[];
  /** Ask again from here: the earliest server time of the calls that made up the answer. */
  asOf: Instant;
  /** False when deletions or merges may be missing, so that a reconcile is due. */
  complete: boolean;
}

export interface CompanyInfo {
  tenantId: string;
  name: string;
  /** ISO country code where the provider tells it. */
  country: string | null;
}

/** A ledger with what is needed beside reading and writing records. */
export interface ProviderSide extends Side {
  /** What changed since a moment, for the entities that have a change feed; others are left out. */
  changes(entities: readonly string[], since: Instant): Promise<ChangeAnswer>;
  companyInfo(): Promise<CompanyInfo>;
}

export type WebhookAnswer =
  | { changes: Change[]; /** Notifications of entities that are not synchronised. */ ignored: number }
  | { rejected: 'signature' | 'malformed' | 'too_large'; reason: string };

export interface WebhookSource {
  /** Header with the signature over the raw body, lower case. */
  signatureHeader: string;
  parse(rawBody: Buffer, signature: string | undefined, secrets: readonly string[]): WebhookAnswer;
}

/** What a provider needs to serve one company. */
export interface SideParts {
  http: Http;
  /** Of one of the provider's environments, or of a simulator. */
  baseUrl: string;
  tenantId: string;
  meter: CallMeter;
  clock: Pick<Clock, 'now'>;
  logger: Logger;
  /** ISO code of the company's country, where it is known already. */
  country?: string;
}

/** One provider, as the rest of the pack finds it. */
export interface Provider {
  name: string;
  label: string;
  capabilities: SideCapabilities;
  webhook: WebhookSource | null;
  /** Where its API is, by the name of the environment. */
  environments: Readonly<Record<string, string>>;
  createSide(parts: SideParts): ProviderSide;
}
