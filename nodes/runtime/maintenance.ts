import type { Actor } from '../../shared/ports';
import { cleanUp, type OpenStore } from '../../shared/store';
import { toSyncError } from '../../shared/errors';
import { systemClock } from '../../shared/system';
import type { NodeContext } from './context';

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 3_600_000;
/** Starting n8n is busy enough. */
const FIRST_LOOK_MS = 300_000;
/** Between two batches, so that a long clean-up is no burden. */
const REST_MS = 50;

type Cleanable = Pick<OpenStore, 'audit' | 'connections' | 'retention' | 'now'>;

interface Maintenance {
  store: Cleanable;
  by: Actor;
  logger: NodeContext['logger'];
}

/**
 * Removes once a day what has been kept long enough, wherever a trigger of this store runs: one of them does it. What
 * fails is tried again the next day; nothing waits for it.
 */
export function startMaintenance(maintenance: Maintenance): { stop(): void } {
  let stopped = false;
  const look = async () => {
    if (!stopped) await maintainDaily(maintenance, () => stopped);
  };
  const first = setTimeout(() => void look(), FIRST_LOOK_MS);
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  first.unref();
  timer.unref();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}

/** Never rejects: whoever calls it has other work. */
export async function maintainDaily(
  { store, by, logger }: Maintenance,
  isOver: () => boolean = () => false,
): Promise<void> {
  try {
    const now = store.now();
    if (!(await store.retention.begin({ now, everyMs: DAY_MS }))) return;
    const { removed, broken } = await cleanUp(store, {
      now,
      by,
      isOver,
      rest: () => systemClock.sleep(REST_MS),
    });
    logger.debug('Accounting Sync: old data removed', { ...removed });
    for (const id of broken) {
      logger.warn(`Accounting Sync: the audit of connection ${id} does not hold. Run Audit: Verify for it.`);
    }
  } catch (error) {
    logger.warn(`Accounting Sync: old data could not be removed: ${toSyncError(error).message}`);
  }
}
