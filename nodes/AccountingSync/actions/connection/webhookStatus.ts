import type { WebhookFigures } from '../../../../shared/intake/figures';
import { shownTime } from '../../../../shared/people/shown';
import type { WebhookRefusal, WebhookSource } from '../../../../shared/providers/provider';

/** How a connection's webhooks do, in plain words: what happened last, and what to do about it. */
export function webhookStatus(
  { lastAcceptedAt, lastRefusedAt, lastRefusedFor }: WebhookFigures,
  label: string,
  webhook: Pick<WebhookSource, 'secretFoundIn'> | null,
  timeZone: string,
): { state: 'waiting' | 'received' | 'refused'; message: string } {
  const isRefused = lastRefusedAt !== null && (lastAcceptedAt === null || lastRefusedAt > lastAcceptedAt);
  if (isRefused) {
    const at = shownTime(lastRefusedAt, timeZone);
    const reason = whyRefused(lastRefusedFor as WebhookRefusal, webhook?.secretFoundIn ?? '');
    return { state: 'refused', message: `A webhook came on ${at} and was refused: ${reason}` };
  }
  if (lastAcceptedAt === null) {
    return {
      state: 'waiting',
      message: `Waiting for the first webhook from ${label}. Change any record there; it can take some minutes to come.`,
    };
  }
  return {
    state: 'received',
    message: `Received on ${shownTime(lastAcceptedAt, timeZone)}, and its signature is fine.`,
  };
}

function whyRefused(reason: WebhookRefusal, secretFoundIn: string): string {
  switch (reason) {
    case 'signature':
      return `its signature does not fit. Copy the verifier token that is shown in ${secretFoundIn} into the credential, and try again.`;
    case 'too_large':
      return 'it was too large. Look at what is in front of n8n, and at who sends to this address.';
    case 'encoded':
      return 'it came compressed. Turn off compression in the proxy in front of n8n.';
    case 'malformed':
      return 'it was no notification. Look at who sends to this address.';
    case 'slow':
      return 'it took too long to arrive. Look at the proxy or the network in front of n8n.';
    case 'unavailable':
      return 'the store did not take it. Look at the log of n8n; it is sent again.';
  }
}
