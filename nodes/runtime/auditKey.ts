import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOMAIN = 'n8n-nodes-accounting-sync audit key v1';

const derived = new Map<string, string>();

/**
 * The key that the audit is sealed with: made of n8n's own encryption key, which is never in the store. All
 * processes of one n8n have the same. Undefined where n8n's key is not found; the audit then says that it has none.
 */
export function auditKey(n8nFolder: string): string | undefined {
  const secret = encryptionKey(n8nFolder);
  if (secret === null) return undefined;
  let key = derived.get(secret);
  if (key === undefined) {
    key = createHmac('sha256', secret).update(DOMAIN).digest('base64url');
    derived.set(secret, key);
  }
  return key;
}

/** As n8n finds it: the environment first, then a file that it names, then its own settings. */
function encryptionKey(n8nFolder: string): string | null {
  const { N8N_ENCRYPTION_KEY: named, N8N_ENCRYPTION_KEY_FILE: file } = process.env;
  if (named) return named;
  if (file) return contentOf(file)?.trim() || null;
  const settings = contentOf(join(n8nFolder, 'config'));
  return settings === null ? null : keyIn(settings);
}

function keyIn(settings: string): string | null {
  try {
    const { encryptionKey: key } = JSON.parse(settings) as { encryptionKey?: unknown };
    return typeof key === 'string' && key !== '' ? key : null;
  } catch {
    return null;
  }
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
