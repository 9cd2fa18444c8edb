import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface HostSettings {
  readonly userFolder: string;
  readonly port: number;
  readonly brokerPort: number;
  readonly url: string;
}

/** Variables that would make n8n, or a Node it starts, behave as part of whatever runs us. */
const leaks =
  /^(N8N_|DB_|QUEUE_|EXECUTIONS_|WEBHOOK_URL$|npm_|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|JEST_|INIT_CWD$)/i;

/** n8n's environment: alone in its folder, on this machine only, silent towards the internet, keeping all executions. */
export function n8nEnvironment(settings: HostSettings, extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !leaks.test(name));
  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: 'production',
    N8N_USER_FOLDER: settings.userFolder,
    N8N_ENCRYPTION_KEY: encryptionKey(settings.userFolder),

    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_PORT: String(settings.port),
    N8N_EDITOR_BASE_URL: settings.url,
    N8N_WEBHOOK_URL: settings.url,
    N8N_SECURE_COOKIE: 'false',

    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
    N8N_DYNAMIC_BANNERS_ENABLED: 'false',
    N8N_HIRING_BANNER_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    N8N_PERSONALIZATION_ENABLED: 'false',
    N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
    N8N_DISABLED_MODULES: 'mcp-registry,instance-ai',

    N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
    N8N_VERIFIED_PACKAGES_ENABLED: 'false',

    // Two instances on one machine would meet on the task broker's default port.
    N8N_RUNNERS_BROKER_PORT: String(settings.brokerPort),
    N8N_RUNNERS_TASK_TIMEOUT: '60',
    N8N_PYTHON_ENABLED: 'false',

    GENERIC_TIMEZONE: 'UTC',
    EXECUTIONS_DATA_PRUNE: 'false',
    EXECUTIONS_DATA_SAVE_ON_ERROR: 'all',
    EXECUTIONS_DATA_SAVE_ON_SUCCESS: 'all',
    EXECUTIONS_DATA_SAVE_MANUAL_EXECUTIONS: 'true',
    ...extra,
  };
}

/** Made once per folder: what one start encrypted, the next one must be able to read. */
function encryptionKey(userFolder: string): string {
  const file = join(userFolder, 'encryption.key');
  if (!existsSync(file)) {
    mkdirSync(userFolder, { recursive: true });
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  }
  return readFileSync(file, 'utf8');
}
