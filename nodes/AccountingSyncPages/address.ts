import type { IHookFunctions } from 'n8n-workflow';
import { toNodeError } from '../runtime/errors';
import { withStore } from '../runtime/store';

/** Links lead to where the page is served, which only n8n knows. */
export async function keepAddress(this: IHookFunctions): Promise<boolean> {
  const url = servedAt(this);
  try {
    if (url !== null)
      await withStore(this, async (store) => await store.decisionLinks.setPage(url, store.now()));
    return true;
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
}

export async function forgetAddress(this: IHookFunctions): Promise<boolean> {
  const url = servedAt(this);
  try {
    if (url !== null) await withStore(this, async (store) => await store.decisionLinks.clearPage(url));
    return true;
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
}

/** Null in a test of the editor: that address is there for a moment only. */
function servedAt(context: IHookFunctions): string | null {
  const isTest = context.getMode() === 'manual' || context.getActivationMode() === 'manual';
  return isTest ? null : (context.getNodeWebhookUrl('default') ?? null);
}
