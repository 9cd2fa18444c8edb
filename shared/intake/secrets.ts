/** Guessing one of this length is out of the question, and a label or a note is seldom as long. */
const MIN_LENGTH = 16;
/** One in use and one to come; each costs an HMAC of every call. */
const MAX_SECRETS = 5;

/** Blanks and colons are in no provider's secret: "new: X" would make a secret of its label. */
const UNFIT = /[\s:]/;

export type SecretsReading = { secrets: string[] } | { unusable: string };

/**
 * The secrets that a setting holds, one to a line or between commas, while one takes the place of another. A
 * setting that is wrong in one place is wrong as a whole: what somebody mistyped must not become a key.
 */
export function readSecrets(setting: string): SecretsReading {
  const secrets = setting
    .split(/[,\r\n]+/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (secrets.length === 0) return { unusable: 'it is empty' };
  if (secrets.length > MAX_SECRETS) return { unusable: `it holds more than ${MAX_SECRETS} tokens` };
  if (secrets.some((secret) => UNFIT.test(secret))) {
    return { unusable: 'it holds a blank or a colon within a token: enter the tokens alone, without labels' };
  }
  if (secrets.some((secret) => secret.length < MIN_LENGTH)) {
    return { unusable: `it holds a token of fewer than ${MIN_LENGTH} characters` };
  }
  return { secrets };
}
