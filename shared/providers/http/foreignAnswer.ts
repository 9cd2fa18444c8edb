import { TransientError, UncertainWriteError, type SyncError, type SyncErrorDetails } from '../../errors';
import type { HttpResponse } from '../../ports';
import { cut, escapeControls } from '../../schema/text';

/** What a person gets to see of an answer that is not the provider's, and what of it is looked at for that. */
const SHOWN = 200;
const LOOKED_AT = 4_096;

/**
 * Said by whoever did not let the request pass: a proxy that wants to be logged in to (407, 511), or that finds it
 * too big for itself (413, 414, 431); wrong host (421); "send this very request elsewhere" (307, 308). Any other
 * status may as well come from behind, after the write: a firewall that looks at answers says 403 then, and a 302
 * or 303 is how web servers answer a form that they have taken.
 */
const NOT_PASSED_ON = new Set([307, 308, 407, 411, 413, 414, 421, 431, 511]);

/**
 * An answer without the provider's own envelope: it comes from what stands in front of it, a proxy, a firewall, a
 * login page of a hotel, a load balancer. It says nothing about the record, and so refuses none.
 */
export function foreignAnswer(
  provider: string,
  response: HttpResponse,
  call: { kind: 'read' | 'write'; action: string },
  details: SyncErrorDetails,
): SyncError {
  const { status } = response;
  const about: SyncErrorDetails = { ...details, scope: 'connection' };
  const seen = describe(response);
  if (call.kind === 'read') {
    return new TransientError(`${provider} did not ${call.action}: ${seen}`, {
      ...about,
      nextStep: NEXT_STEP,
    });
  }
  if (NOT_PASSED_ON.has(status)) {
    return new TransientError(`${provider} did not ${call.action}: ${seen}`, {
      ...about,
      landed: 'no',
      nextStep: NEXT_STEP,
    });
  }
  return new UncertainWriteError(`${provider} may not have been asked to ${call.action}: ${seen}`, {
    ...about,
    nextStep: `The record is looked up before anything is repeated. ${NEXT_STEP}`,
  });
}

const NEXT_STEP =
  'It is repeated automatically. If it lasts, ask whoever runs the network, the proxy or the firewall of this n8n what that answer means.';

function describe({ status, headers, body }: HttpResponse): string {
  const type = cut(escapeControls((headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? ''), 60);
  const text = shown(body);
  return `something in between answered with status ${status}${type === '' ? '' : ` (${type})`}${
    text === '' ? '' : `: ${text}`
  }`;
}

/** The text of a page without its tags. Some pages quote the request, and with it the token. */
function shown(body: string): string {
  const text = body
    .slice(0, LOOKED_AT)
    .replace(/<[^<>]*>/g, ' ')
    .replace(/\b(bearer|basic)\s+\S+/gi, '$1 …')
    .replace(/[\w.~+/=-]{32,}/g, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return cut(escapeControls(text), SHOWN);
}
