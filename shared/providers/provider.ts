import type { CallMeter, Change, ChangeAnswer, Clock, Http, Logger, Side, SideCapabilities } from '../ports';
import type { Instant } from '../schema/calendar';

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

/** A request to a webhook, as it came in. */
export interface WebhookRequest {
  /** What signatures are made over. */
  rawBody: Buffer;
  headers: RequestHeaders;
  /** For signatures that hold for a time only. */
  now: number;
}

/** By lower-case name; a header that came twice may be a list. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Why a webhook call is not taken in. The last one is our own fault: repeated later, the call is welcome. */
export type WebhookRefusal = 'signature' | 'too_large' | 'encoded' | 'malformed' | 'slow' | 'unavailable';

/** Part of a signed notification that nobody could make sense of. */
export interface UnreadableEvent {
  reason: string;
  /** As it came, cut short. */
  text: string;
}

/** What a notification says. Whoever reads one event by one loses none of the others for the sake of an odd one. */
export interface WebhookAnswer {
  /** Null where the notification is accepted. */
  refused: 'signature' | 'malformed' | 'too_large' | null;
  changes: Change[];
  /** Every one counts; a few are kept as samples. */
  unreadable: { count: number; samples: UnreadableEvent[] };
  /** Events of entities that are not synchronised. */
  unknownKinds: number;
}

/** Lets other work of the process have its turn, where the work so far has taken long enough. */
export type Pause = () => Promise<void> | undefined;

/** How a provider's notifications are verified, read and answered. */
export interface WebhookSource {
  /** Header with the signature, lower case. A call without it is refused unread. */
  signatureHeader: string;
  /** What to answer; 200 without a body where nothing is refused. */
  statuses: Readonly<Record<WebhookRefusal, number>>;
  /** A larger body is refused unread. */
  maxBytes: number;
  /** The provider counts a later answer as none. */
  answerWithinMs: number;
  /** Where people find the secret that signatures are made with, as the end of a sentence. */
  secretFoundIn: string;
  /** Verifies before it parses anything. Has no effects, never throws, and pauses between events. */
  receive(request: WebhookRequest, secrets: readonly string[], pause: Pause): Promise<WebhookAnswer>;
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
