import { ValidationError } from '../../../../shared/errors';
import { providerNamed } from '../../../../shared/providers';
import { entities } from '../../../../shared/schema/entities';
import { cut } from '../../../../shared/schema/text';
import { escaped, htmlField, type FormField } from '../conflict/formFields';

/** Settings of a connection as people or forms give them. */

const SHOWN = 40;

/** What a provider can keep in sync, as lists offer it. */
export const entityOptions = (provider: string): { name: string; value: string }[] => {
  const supported = providerNamed(provider).capabilities.entities;
  return entities
    .filter(({ name }) => supported[name])
    .map(({ plural, name }) => ({ name: plural, value: name }))
    .sort((a, b) => a.name.localeCompare(b.name));
};

/** Entities by name, or as they are called on screen: a form answers with what it has shown. */
export function entitiesIn(value: unknown, provider: string): string[] {
  const options = entityOptions(provider);
  const given = Array.isArray(value) ? value : String(value ?? '').split(',');
  const wanted = given.map((one) => String(one).trim()).filter((one) => one !== '');
  if (wanted.length === 0) {
    throw new ValidationError('No entity is chosen, so there would be nothing to keep in sync', {
      nextStep: `Choose at least one of: ${options.map(({ name }) => name).join(', ')}.`,
    });
  }
  const chosen = wanted.map((text) => {
    const option = options.find(({ name, value: id }) =>
      [name, id].some((known) => known.toLowerCase() === text.toLowerCase()),
    );
    if (option) return option.value;
    throw new ValidationError(`There are no "${cut(text, SHOWN)}" in ${providerNamed(provider).label}`, {
      nextStep: `Choose from: ${options.map(({ name }) => name).join(', ')}.`,
    });
  });
  return options.map(({ value: id }) => id).filter((id) => chosen.includes(id));
}

/** Null is no limit. */
export function readBudgetIn(value: unknown): number | null {
  const text = String(value ?? '').trim();
  if (text === '') return null;
  if (!/^\d{1,9}$/.test(text)) {
    throw new ValidationError(`The daily read budget is "${cut(text, SHOWN)}"`, {
      nextStep: 'Enter a whole number of reads a day, such as 5000, or 0 for no limit.',
    });
  }
  return Number(text) || null;
}

/** The settings as the JSON fields of an n8n Form page, filled in as they are or were given; first what was refused. */
export function settingsFields(
  provider: string,
  { entities: chosen, dailyReadBudget }: { entities: readonly string[]; dailyReadBudget: string },
  refusal?: string,
): FormField[] {
  const { label } = providerNamed(provider);
  const options = entityOptions(provider).map(({ name }) => name);
  return [
    ...(refusal === undefined ? [] : [htmlField(`<p><strong>${escaped(refusal)}</strong></p>`)]),
    {
      fieldType: 'checkbox',
      fieldLabel: 'What is kept in sync',
      fieldName: 'entities',
      requiredField: true,
      // A page of n8n ticks the options that this text contains.
      defaultValue: options.filter((name) => chosen.includes(name)).join(', '),
      fieldOptions: { values: options.map((option) => ({ option })) },
    },
    {
      fieldType: 'number',
      fieldLabel: `Most reads from ${label} a day (0 is no limit)`,
      fieldName: 'dailyReadBudget',
      defaultValue: cut(dailyReadBudget, SHOWN),
    },
  ];
}
