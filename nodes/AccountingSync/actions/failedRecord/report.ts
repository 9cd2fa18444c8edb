import type { Connection } from '../../../../shared/ports';
import { escapeControls } from '../../../../shared/schema/text';
import { escaped, plain, type FormField } from '../conflict/formFields';
import type { failureItem } from '../outcomes';

type Item = ReturnType<typeof failureItem> & {
  /** How long it has been failing, such as `3 hours`. */
  age: string;
};

const UNITS: readonly [string, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

export function ageOf(ms: number): string {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['minute', 60_000];
  const count = Math.max(1, Math.floor(ms / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Answers of the form. */
export const ACTIONS = {
  record: 'Retry this record',
  alike: 'Retry all that failed for the same reason',
  all: 'Retry every failed record',
  dismiss: 'Dismiss this record',
} as const;

/** The list as one message, and as the fields of an n8n Form page. */
export function reportOf(items: readonly Item[], connection: Connection) {
  // Numbered, because two records may be called alike.
  const choices = items.map(({ heading, linkId }, index) => ({
    label: `${index + 1}. ${plain(escapeControls(heading))}`,
    linkId,
  }));
  const count = `${items.length} ${items.length === 1 ? 'record' : 'records'}`;
  return {
    summary: `${count} of ${connection.name} could not be brought in sync`,
    text: items.map((item, index) => `${index + 1}. ${textOf(item)}`).join('\n\n'),
    records: choices,
    formFields: formFieldsOf(
      items,
      choices.map(({ label }) => label),
    ),
    connectionName: connection.name,
    connectionId: connection.id,
  };
}

/** What the accounting tool said, and what its support will ask for; empty where it said nothing. */
function wordsOf({ said, requestId }: Item): string {
  if (said === null) return '';
  return requestId === null ? said : `${said} (request id ${requestId})`;
}

function textOf(item: Item): string {
  const { heading, reason, field, value, nextStep, age, attempts } = item;
  const words = wordsOf(item);
  const what = field === null ? [] : [`   ${field}${value === null ? '' : `: ${value}`}`];
  const lines = [
    `${heading}: ${reason}`,
    ...what,
    `   Next: ${nextStep}`,
    ...(words === '' ? [] : [`   In its own words: ${words}`]),
    `   Failing for ${age}, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
  ];
  return lines.map(escapeControls).join('\n');
}

function formFieldsOf(items: readonly Item[], labels: readonly string[]): FormField[] {
  return [
    { fieldType: 'html', html: listOf(items) },
    {
      fieldType: 'dropdown',
      fieldLabel: 'Record',
      fieldName: 'record',
      fieldOptions: { values: labels.map((option) => ({ option })) },
    },
    {
      fieldType: 'radio',
      fieldLabel: 'What is to be done',
      fieldName: 'action',
      fieldOptions: { values: Object.values(ACTIONS).map((option) => ({ option })) },
    },
    { fieldType: 'textarea', fieldLabel: 'Reason, if you dismiss it', fieldName: 'reason' },
  ];
}

/** Asked before anything is tried again. */
export const confirmationOf = (summary: string): FormField[] => [
  { fieldType: 'html', html: `<p>${shown(summary)}</p>` },
  {
    fieldType: 'radio',
    fieldLabel: 'Try again now?',
    fieldName: 'confirmed',
    fieldOptions: { values: [{ option: 'Yes, try again' }, { option: 'No, leave it as it is' }] },
  },
];

/** One below the other: a table of that many columns cannot be read on a phone. */
function listOf(items: readonly Item[]): string {
  const line = (label: string, text: string) => `<li><strong>${label}</strong> ${shown(text)}</li>`;
  const records = items.map((item, index) => {
    const { heading, reason, field, value, nextStep, age } = item;
    const words = wordsOf(item);
    const lines = [
      line('Why', reason),
      ...(field === null || value === null ? [] : [line('Entered', `${field}: ${value}`)]),
      line('Next', nextStep),
      ...(words === '' ? [] : [line('In its own words', words)]),
      line('Failing for', age),
    ];
    return `<h3>${index + 1}. ${shown(heading)}</h3><ul>${lines.join('')}</ul>`;
  });
  return records.join('');
}

const shown = (text: string): string => escaped(escapeControls(text));
