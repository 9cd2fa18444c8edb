import type { Connection } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import type { NodeContext } from './context';

const CHECKPOINT = 'audit_anchor';

/** The last day that this process has written down, or seen written down, by connection. */
const written = new Map<string, string>();

/**
 * Once a day, the end of a connection's audit goes to n8n's log, which the store's database cannot change: from then
 * on it can be shown that an older state was put back.
 */
export async function logAnchor(
  { logger }: Pick<NodeContext, 'logger'>,
  store: Pick<OpenStore, 'audit' | 'checkpoints' | 'now'>,
  { id, name }: Pick<Connection, 'id' | 'name'>,
): Promise<void> {
  const now = store.now();
  const today = new Date(now).toISOString().slice(0, 10);
  if (written.get(id) === today) return;
  if ((await store.checkpoints.get(id, CHECKPOINT)) !== today) {
    const anchor = await store.audit.anchor(id, now);
    if (anchor === null) return;
    logger.info(`Accounting Sync: audit anchor of "${name}" for Audit: Verify, Compare With: ${anchor}`);
    await store.checkpoints.set(id, CHECKPOINT, today, now);
  }
  written.set(id, today);
}
