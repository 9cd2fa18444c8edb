import type { INodeProperties } from 'n8n-workflow';
import type { NewsKind } from '../../shared/people/news';
import { connectionLocator } from '../runtime/connection';

const events: { name: string; value: NewsKind; description: string }[] = [
  {
    name: 'Conflict Opened',
    value: 'conflictOpened',
    description: 'A record waits for a person to decide, or the question has changed since',
  },
  {
    name: 'Conflict Settled',
    value: 'conflictSettled',
    description: 'A decision was carried out, or both sides agree by themselves',
  },
  {
    name: 'Connection Paused',
    value: 'connectionPaused',
    description: 'A connection stopped, for example because its credential has to be reconnected',
  },
  {
    name: 'Connection Silent',
    value: 'connectionSilent',
    description: 'Nothing was heard from the accounting tool for some hours',
  },
  { name: 'Record Changed', value: 'recordChanged', description: 'The sync has written a record to a side' },
  {
    name: 'Record Failed',
    value: 'recordFailed',
    description: 'A record could not be synchronized and needs attention',
  },
];

/** As people call them. */
export const eventNames: Readonly<Record<string, string>> = Object.fromEntries(
  events.map(({ name, value }) => [value, name]),
);

export const SILENT_HOURS = 24;

const { displayOptions: _everywhere, ...connection } = connectionLocator({}, 'All connections');

export const properties: INodeProperties[] = [
  {
    displayName: 'Events',
    name: 'events',
    type: 'multiOptions',
    noDataExpression: true,
    required: true,
    options: events,
    default: ['conflictOpened'],
    description: 'What starts the workflow. Each thing starts it once, also after a restart of n8n.',
  },
  {
    ...connection,
    description: 'Which company is meant. Left empty, all of them are.',
  },
  {
    displayName: 'Silent After (Hours)',
    name: 'silentHours',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: SILENT_HOURS,
    description: 'How long nothing has to be heard from the accounting tool. Each silence is told once.',
    displayOptions: { show: { events: ['connectionSilent'] } },
  },
  {
    displayName: 'Options',
    name: 'options',
    type: 'collection',
    placeholder: 'Add Option',
    default: {},
    options: [
      {
        displayName: 'Include What Is Open Already',
        name: 'includeOpen',
        type: 'boolean',
        default: true,
        description:
          'Whether conflicts and failed records from before the workflow was published the first time start it too',
      },
      {
        displayName: 'Start Once for Each',
        name: 'oneByOne',
        type: 'boolean',
        default: false,
        description:
          'Whether everything starts an execution of its own, for workflows that wait for an answer. Otherwise what is found together starts one execution, with an item for each.',
      },
    ],
  },
];
