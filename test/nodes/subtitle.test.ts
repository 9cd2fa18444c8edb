import { AccountingSync } from '../../nodes/AccountingSync/AccountingSync.node';
import { AppRecords } from '../../nodes/AppRecords/AppRecords.node';
import { QuickBooksAccounting } from '../../nodes/QuickBooksAccounting/QuickBooksAccounting.node';

/** Evaluates a subtitle as n8n does. */
function subtitleOf(node: { description: { subtitle?: string } }, parameters: Record<string, string>) {
  const expression = node.description.subtitle?.replace(/^=\{\{(.*)\}\}$/s, '$1');
  const evaluate = new Function('$parameter', '$rawParameter', `return ${expression}`) as (
    ...values: unknown[]
  ) => unknown;
  return evaluate(parameters, parameters);
}

describe('subtitles', () => {
  it('say what the step does, in plain words', () => {
    expect(subtitleOf(new AccountingSync(), { resource: 'event', operation: 'process' })).toBe(
      'Process due events',
    );
    expect(subtitleOf(new QuickBooksAccounting(), { resource: 'tax_rate', operation: 'getAll' })).toBe(
      'Get many tax rates',
    );
    expect(subtitleOf(new AppRecords(), { entity: 'credit_note', operation: 'upsert' })).toBe(
      'Create or Update: Credit Note',
    );
  });

  it('leave out what an expression decides', () => {
    const parameters = { entity: '={{ $json.entity }}', operation: 'upsert' };
    expect(subtitleOf(new AppRecords(), parameters)).toBe('Create or Update');
  });
});
