type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whether a form was sent from our own page, as far as the browser says: another site cannot know the link, and is
 * refused all the same. What is no browser says nothing, and has to know the link.
 */
export function isFromOwnPage(headers: Headers, pageUrl: string | null): boolean {
  const site = one(headers['sec-fetch-site']);
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const origin = one(headers['origin']);
  if (origin === null) return true;
  if (origin === 'null') return site === 'same-origin';
  const host = hostOf(origin);
  const own = [one(headers['host']), one(headers['x-forwarded-host']), pageUrl && hostOf(pageUrl)];
  return host !== null && own.includes(host);
}

const one = (header: string | string[] | undefined): string | null =>
  (Array.isArray(header) ? header[0] : header) ?? null;

function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).host : null;
}
