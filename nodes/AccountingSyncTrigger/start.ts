import type { INodeExecutionData, ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { NotFoundError, toSyncError, ValidationError } from '../../shared/errors';
import { NewsReader, type NewsKind } from '../../shared/people/news';
import type { Connection } from '../../shared/ports';
import type { OpenStore } from '../../shared/store';
import { systemClock } from '../../shared/system';
import { chosenConnection } from '../runtime/connection';
import { toNodeError } from '../runtime/errors';
import { locatorValue } from '../runtime/locator';
import { nodeLogger } from '../runtime/logger';
import { openNodeStore, withStore } from '../runtime/store';
import { examplesOf } from './examples';
import { lastHeard } from './hearing';
import { itemsOf } from './items';
import { eventNames, SILENT_HOURS } from './properties';
import { keepLooking } from './watch';

const HOUR_MS = 3_600_000;
/** The same trouble is mentioned this often. */
const REPORT_EVERY_MS = 60_000;

interface Options {
  includeOpen?: boolean;
  oneByOne?: boolean;
}

/** Starts an execution whenever there is something of what was chosen, each thing once. */
export async function startTrigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
  try {
    const kinds = chosenKinds(this);
    return this.getMode() === 'manual' ? testOnce(this, kinds) : await watch(this, kinds);
  } catch (error) {
    throw toNodeError(this.getNode(), error);
  }
}

function chosenKinds(context: ITriggerFunctions): ReadonlySet<NewsKind> {
  const kinds = context.getNodeParameter('events', []) as NewsKind[];
  if (kinds.length > 0) return new Set(kinds);
  throw new ValidationError('No event is chosen that would start the workflow', {
    field: 'events',
    nextStep: 'Choose one or more under Events.',
  });
}

async function watch(context: ITriggerFunctions, kinds: ReadonlySet<NewsKind>): Promise<ITriggerResponse> {
  const options = context.getNodeParameter('options', {}) as Options;
  const silentHours = context.getNodeParameter('silentHours', SILENT_HOURS) as number;
  const store = await openNodeStore(context);
  try {
    const connections = await watchedConnections(context, store);
    const onError = errorReporter(context);
    const reader = new NewsReader(store, {
      consumer: consumerOf(context),
      kinds,
      includeOpen: options.includeOpen ?? true,
      silentMs: silentHours * HOUR_MS,
      heardAt: async (connection) => await lastHeard(store, connection),
      tell: async (connection, news) => {
        const items = await itemsOf(store, connection, news);
        const starts = options.oneByOne === true ? items.map((item) => [item]) : [items];
        for (const start of starts) context.emit([start]);
      },
      onError,
    });
    const looking = keepLooking({
      look: async () => await reader.look(await connections(), store.now()),
      onHint: (listener) => store.onAppended(listener),
      onError,
    });
    return {
      closeFunction: async () => {
        await looking.stop();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw toSyncError(error);
  }
}

/** Asked at every look, so that connections may come and go. */
async function watchedConnections(
  context: ITriggerFunctions,
  store: OpenStore,
): Promise<() => Promise<Connection[]>> {
  const locator = context.getNodeParameter('connection', '');
  if (locatorValue(locator).value === '') return async () => await store.connections.list();
  const { id } = await chosenConnection(store, locator);
  return async () => {
    const connection = await store.connections.get(id);
    return connection ? [connection] : [];
  };
}

/** The node keeps its place when it is renamed, and a copy of it has one of its own. */
const consumerOf = (context: ITriggerFunctions): string =>
  `${context.getWorkflow().id ?? 'unsaved'}/${context.getNode().id}`;

/** For an execution of the editor: the newest real example of each event. No place moves. */
function testOnce(context: ITriggerFunctions, kinds: ReadonlySet<NewsKind>): ITriggerResponse {
  return {
    manualTriggerFunction: async () => {
      try {
        context.emit([await examples(context, kinds)]);
      } catch (error) {
        throw toNodeError(context.getNode(), error);
      }
    },
  };
}

async function examples(
  context: ITriggerFunctions,
  kinds: ReadonlySet<NewsKind>,
): Promise<INodeExecutionData[]> {
  return await withStore(context, async (store) => {
    const items: INodeExecutionData[] = [];
    const connections = await watchedConnections(context, store);
    for (const connection of await connections()) {
      items.push(...(await itemsOf(store, connection, await examplesOf(store, connection, kinds))));
    }
    if (items.length > 0) return items;
    const names = [...kinds].map((kind) => eventNames[kind] ?? kind).join(', ');
    throw new NotFoundError(`There is no example yet of: ${names}`, {
      nextStep:
        'Publish the workflow and wait until it happens, or make it happen: for a conflict, change one field of a record on both sides.',
    });
  });
}

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
    nodeLogger(context.logger).warn(`Accounting Sync Trigger: ${message}.${next}`);
  };
}
