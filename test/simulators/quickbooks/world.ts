import { CallLog } from './callLog';
import { VirtualClock } from './clock';
import { Company, type CompanyProfile } from './company';
import type { Reply } from './envelopes';
import { FaultRules } from './faultRules';
import { Limits } from './limits';
import { OAuthServer, type App } from './oauth';
import { settingsOf, type Environment, type QuickBooksSimulatorOptions, type Settings } from './options';
import { Random } from './random';
import type { ChangeEvent } from './records';
import { countryProfile, seedCompany, seedSampleRecords } from './seed';
import { Webhooks } from './webhooks';

export interface CompanyOptions {
  country?: string | undefined;
  name?: string | undefined;
  currency?: string | undefined;
  environment?: Environment | undefined;
  multiCurrency?: boolean | undefined;
  customTxnNumbers?: boolean | undefined;
  warnDuplicateDocNumber?: boolean | undefined;
  /** Sample customers, invoices and a payment, as the default company has them. */
  sampleRecords?: boolean | undefined;
}

export interface CompanyDescriptor {
  realmId: string;
  country: string;
  environment: Environment;
  accessToken: string;
  refreshToken: string;
}

/** Everything the simulator knows; a reset builds a new one from the same seed. */
export class World {
  readonly settings: Settings;
  readonly clock: VirtualClock;
  readonly limits: Limits;
  readonly calls = new CallLog();
  readonly faults = new FaultRules();
  readonly webhooks: Webhooks;
  readonly oauth: OAuthServer;
  readonly apps: readonly [App, App];
  readonly companies = new Map<string, Company>();
  /** First responses by realm and `requestid`. */
  readonly replays = new Map<string, { reply: Reply; expiresMs: number }>();
  /** What the next consent screen does. */
  consent: { realmId?: string | undefined; deny?: boolean | undefined } = {};
  readonly first: CompanyDescriptor;
  private readonly random: Random;
  private readonly traces: Random;

  constructor(options: QuickBooksSimulatorOptions, origin: () => string) {
    this.settings = settingsOf(options);
    const { seed } = this.settings;
    this.clock = new VirtualClock(
      options.clock === undefined ? undefined : new Date(options.clock).getTime(),
    );
    this.random = new Random(seed);
    this.traces = new Random(seed + 1);
    const app = (environment: Environment): App => ({
      clientId: `AB${this.random.text(48)}`,
      clientSecret: this.random.text(40),
      environment,
    });
    this.apps = [app('production'), app('sandbox')];
    const verifierToken = this.random.uuid();
    this.limits = new Limits(this.settings, this.clock);
    this.oauth = new OAuthServer(this.settings, this.clock, this.random, this.apps, origin);
    this.webhooks = new Webhooks(this.clock, new Random(seed + 2), this.app.clientId, verifierToken);
    this.first = this.addCompany({ country: 'US', sampleRecords: true });
  }

  /** The app of the environment that this simulator mainly stands for. */
  get app(): App {
    return this.appOf(this.settings.environment);
  }

  appOf(environment: Environment): App {
    return this.apps[environment === 'production' ? 0 : 1];
  }

  company(realmId?: string): Company {
    const company = this.companies.get(realmId ?? this.first.realmId);
    if (company === undefined) throw new Error(`There is no company with realmId ${realmId}`);
    return company;
  }

  addCompany(options: CompanyOptions): CompanyDescriptor {
    const { country = 'US', environment = this.settings.environment } = options;
    const number = this.companies.size + 1;
    const profile: CompanyProfile = {
      realmId: `93414${this.random.text(11, '0123456789')}`,
      country,
      currency: options.currency ?? countryProfile(country).currency,
      name: options.name ?? `Sandbox Company_${country}_${number}`,
      environment,
    };
    // What a company starts with is no news to anybody.
    let open = false;
    const publish = (events: readonly ChangeEvent[]) => {
      if (open) this.webhooks.publish(events);
    };
    const company = new Company(profile, this.settings, this.clock, this.random, publish);
    seedCompany(company, {
      multiCurrency: options.multiCurrency ?? false,
      customTxnNumbers: options.customTxnNumbers ?? this.settings.customTxnNumbers,
    });
    if (options.sampleRecords === true) seedSampleRecords(company);
    if (options.warnDuplicateDocNumber !== undefined)
      company.state.warnDuplicateDocNumber = options.warnDuplicateDocNumber;
    open = true;
    this.companies.set(profile.realmId, company);
    const tokens = this.oauth.connect(profile.realmId, this.appOf(environment));
    return { realmId: profile.realmId, country, environment, ...tokens };
  }

  intuitTid(): string {
    return `1-${this.traces.hex(8)}-${this.traces.hex(24)}`;
  }
}
