import { IntakeFigures } from '../../shared/intake/figures';
import type { Taken } from '../../shared/intake/takeIn';
import type { NodeContext } from '../runtime/context';
import { QUICKBOOKS_CREDENTIAL } from '../runtime/quickBooks';
import { withStore } from '../runtime/store';
import { STORE_CREDENTIAL, STORE_PARAMETER } from '../runtime/storeParameter';

/** By the store that they go to. */
const figures = new Map<string, IntakeFigures>();

const credentialId = (context: NodeContext, type: string): string =>
  context.getNode().credentials?.[type]?.id ?? '';

function figuresOf(context: NodeContext): IntakeFigures {
  // A credential that is left over counts for nothing, and two of the same kind are two stores.
  const chosen = context.getNode().parameters[STORE_PARAMETER];
  const store = chosen === 'postgres' ? credentialId(context, STORE_CREDENTIAL) : '';
  const known = figures.get(store) ?? new IntakeFigures();
  figures.set(store, known);
  return known;
}

/** Counts a call; what was counted is in the store a few seconds later. */
export function countCall(context: NodeContext, taken: Taken, now: number): void {
  figuresOf(context).record(taken, credentialId(context, QUICKBOOKS_CREDENTIAL), now, (use) =>
    withStore(context, use),
  );
}

/** For the end of a trigger, which may be the end of the process. */
export async function writeFigures(context: NodeContext): Promise<void> {
  await figuresOf(context).flush((use) => withStore(context, use));
}
