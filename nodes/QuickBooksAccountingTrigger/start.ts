import type {
  IDataObject,
  INodeExecutionData,
  IRun,
  ITriggerFunctions,
  ITriggerResponse,
} from 'n8n-workflow';
import { toSyncError, TransientError } from '../../shared/errors';
import type { Access, Connection } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { catchUp } from '../../shared/sync/catchUp';
import { systemClock, systemRandom } from '../../shared/system';
import { triggerActor } from '../runtime/actor';
import { clockOf } from '../runtime/clock';
import { toNodeError } from '../runtime/errors';
import { startMaintenance } from '../runtime/maintenance';
import { nodeLogger } from '../runtime/logger';
import { quickBooksCompany, requireVerifierTokens } from '../runtime/quickBooks';
import { withConnection } from '../runtime/run';
import { openNodeStore, withStore } from '../runtime/store';
import { readyWork, watchQueue, type ReadyWork } from '../runtime/wake';
import { watchFeed, type FeedWatch } from '../runtime/watchFeed';
import { writeFigures } from './figures';
import { takeOver } from './handover';

interface Settings {
  pollMs?: number;
  longestExecution?: number;
}

const DEFAULT_POLL_MS = 1_000;
const DEFAULT_LONGEST_SECONDS = 900;
/** A store that stays unreachable is mentioned this often. */
const REPORT_EVERY_MS = 60_000;

/**
 * Starts one execution whenever there is work for the company of the credential: webhooks, app edits, due retries
 * and expired leases alike, whichever process queued them.
 */
export async function startTrigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
  try {
    return this.getMode() === 'manual' ? testOnce(this) : await watch(this);
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
}

async function watch(context: ITriggerFunctions): Promise<ITriggerResponse> {
  const { pollMs = DEFAULT_POLL_MS, longestExecution = DEFAULT_LONGEST_SECONDS } = context.getNodeParameter(
    'settings',
    {},
  ) as Settings;
  const company = await quickBooksCompany(context);
  await requireVerifierTokens(context);
  const store = await openNodeStore(context);
  const watching = watchQueue({
    store,
    pollMs,
    connections: () => ofCompany(store, company),
    emit: (work) => execute(context, work, longestExecution * 1_000),
    onError: errorReporter(context),
  });
  const feed = catchingUp(context, store, company);
  const maintenance = startMaintenance({ store, by: triggerActor(context), logger: context.logger });
  return {
    closeFunction: async () => {
      maintenance.stop();
      watching.stop();
      await writeFigures(context);
      // A provider that does not answer holds nobody up: the store is let go when the read has ended.
      void feed
        .stop()
        .then(async () => await store.close())
        .catch(errorReporter(context));
    },
  };
}

/** What no webhook told of, because n8n was down or not ready, is found in the feed of changes. */
function catchingUp(context: ITriggerFunctions, store: OpenStore, company: Access): FeedWatch {
  const logger = nodeLogger(context.logger);
  return watchFeed({
    clock: clockOf(store),
    random: systemRandom,
    connection: () => store.connections.bound(company),
    read: async (readBefore) =>
      await withConnection(context, store, company, async ({ connection, ledger, ports }) => {
        const entities = connection.settings.entities ?? Object.keys(ledger.capabilities.entities);
        const changes = ledger.changes.bind(ledger);
        return await catchUp({ ...ports, changes }, connection, { entities, readBefore });
      }),
    onRead: ({ queued, complete }) => {
      logger.debug('QuickBooks: the feed of changes was read', { queued });
      if (!complete) {
        logger.warn(
          'QuickBooks: what was deleted in the meantime may be missing, because more has happened than its feed of changes shows. Run First Import: it compares all records.',
        );
      }
    },
    onError: errorReporter(context),
  });
}

/** Resolves when the execution has ended well; rejects when it failed or did not end in time. */
async function execute(context: ITriggerFunctions, work: ReadyWork[], longestMs: number): Promise<void> {
  const done = context.helpers.createDeferredPromise<IRun>();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new TransientError(`An execution did not end within ${longestMs / 1_000} s`);
    timer = setTimeout(() => reject(error), longestMs);
  });
  try {
    context.emit([itemsOf(work)], undefined, done);
    const run = (await Promise.race([done.promise, late])) as IRun | undefined;
    if (run?.data.resultData.error) throw new TransientError(run.data.resultData.error.message);
  } finally {
    clearTimeout(timer);
  }
}

/** For an execution of the editor: what the webhook brought, or else what is due. */
function testOnce(context: ITriggerFunctions): ITriggerResponse {
  const items = takeOver(context);
  return {
    manualTriggerFunction: async () => {
      context.emit([items ?? itemsOf(await workNow(context))]);
    },
  };
}

async function workNow(context: ITriggerFunctions): Promise<ReadyWork[]> {
  const company = await quickBooksCompany(context);
  return await withStore(context, async (store) => {
    const connections = () => ofCompany(store, company);
    return (await readyWork({ store, connections }, store.now())).work;
  });
}

/** None while the connection is still to be made, or bound to another credential. */
async function ofCompany(store: OpenStore, company: Access): Promise<Connection[]> {
  const connection = await store.connections.bound(company);
  return connection ? [connection] : [];
}

const itemsOf = (work: readonly ReadyWork[]): INodeExecutionData[] =>
  work.map((ready) => ({ json: { ...ready } as IDataObject }));

/** One log line, and not one per look, while the same thing goes on. */
function errorReporter(context: ITriggerFunctions): (error: unknown) => void {
  let last = '';
  let lastAt = 0;
  return (error) => {
    const { message, details } = toSyncError(error);
    const now = systemClock.now();
    if (message === last && now - lastAt < REPORT_EVERY_MS) return;
    [last, lastAt] = [message, now];
    const next = details.nextStep ? ` ${details.nextStep}` : '';
    nodeLogger(context.logger).warn(`QuickBooks Accounting Trigger: ${message}.${next}`);
  };
}
