import { controlOf, type QuickBooksControl } from './control';
import { oauthPaths } from './oauthRoutes';
import type { QuickBooksSimulatorOptions } from './options';
import { otherHostPrefix, SimulatorServer } from './server';
import { World } from './world';

export type { QuickBooksControl } from './control';
export type { FaultEffect, FaultRule } from './faultRules';
export type { QuickBooksBehaviour, QuickBooksLimits, QuickBooksSimulatorOptions } from './options';
export type { Delivery, WebhookOptions } from './webhooks';
export { signatureOf } from './webhookBodies';
export type { CompanyDescriptor, CompanyOptions } from './world';

/** What a client needs to talk to the simulator as if it were the vendor. */
export interface QuickBooksDescriptor {
  baseUrl: string;
  /** The host of the other environment: sandbox beside production, or the reverse. */
  otherEnvironmentBaseUrl: string;
  environment: 'production' | 'sandbox';
  authorizeUrl: string;
  tokenUrl: string;
  revokeUrl: string;
  userinfoUrl: string;
  jwksUrl: string;
  discoveryUrl: string;
  clientId: string;
  clientSecret: string;
  accessToken: string;
  refreshToken: string;
  /** The realmId of the default company. */
  tenantId: string;
  /** The verifier token that webhooks are signed with. */
  webhookSecret: string;
  controlUrl: string;
}

export interface QuickBooksSimulator {
  descriptor: QuickBooksDescriptor;
  control: QuickBooksControl;
  close(): Promise<void>;
}

/** Starts a QuickBooks Online on loopback; everything random in it follows from the seed. */
export async function startQuickBooksSimulator(
  options: QuickBooksSimulatorOptions = {},
): Promise<QuickBooksSimulator> {
  let origin = '';
  const build = () => new World(options, () => origin);
  let world = build();
  const control = controlOf(
    () => world,
    async () => {
      await world.webhooks.close();
      world.clock.dispose();
      world = build();
    },
  );
  const server = new SimulatorServer(
    () => world,
    () => control,
  );
  await server.listen(options.port ?? 0);
  origin = server.origin;
  const { environment } = world.settings;
  return {
    descriptor: {
      baseUrl: origin,
      otherEnvironmentBaseUrl: origin + otherHostPrefix(environment),
      environment,
      authorizeUrl: origin + oauthPaths.authorize,
      tokenUrl: origin + oauthPaths.bearer,
      revokeUrl: origin + oauthPaths.revoke,
      userinfoUrl: origin + oauthPaths.userinfo,
      jwksUrl: origin + oauthPaths.jwks,
      discoveryUrl: `${origin}/.well-known/openid_${environment === 'sandbox' ? 'sandbox_' : ''}configuration/`,
      clientId: world.app.clientId,
      clientSecret: world.app.clientSecret,
      accessToken: world.first.accessToken,
      refreshToken: world.first.refreshToken,
      tenantId: world.first.realmId,
      webhookSecret: world.webhooks.verifierToken,
      controlUrl: `${origin}/control`,
    },
    control,
    close: async () => {
      await world.webhooks.close();
      world.clock.dispose();
      await server.close();
    },
  };
}
