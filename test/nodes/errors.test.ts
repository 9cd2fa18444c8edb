import { errorItem, toNodeError } from '../../nodes/runtime/errors';
import { ValidationError } from '../../shared/errors';

const node = {
  id: '1',
  name: 'Node',
  type: 'fake',
  typeVersion: 1,
  position: [0, 0],
  parameters: {},
} as never;
const refused = new ValidationError('Invoice 7 was refused: the number is taken', {
  provider: 'quickbooks',
  entity: 'invoice',
  recordId: '7',
  field: 'number',
  providerCode: '6140',
  requestId: 'tid-1',
  nextStep: 'Choose another number.',
});

describe('toNodeError', () => {
  it('says what happened, what to do next, and what the support will ask for', () => {
    const error = toNodeError(node, refused, 3);
    expect(error.message).toBe('Invoice 7 was refused: the number is taken');
    expect(error.description).toBe('Choose another number. Code 6140. Request id tid-1.');
    expect(error.context).toMatchObject({ itemIndex: 3 });
    expect(error.name).toBe('NodeApiError');
  });

  it.each([{}, { provider: 'quickbooks' }])(
    'keeps a message that n8n would put its own words for (%j)',
    (details) => {
      const message = 'The store at postgres://db.example cannot be opened: no such host (ENOTFOUND)';
      expect(toNodeError(node, new ValidationError(message, details)).message).toBe(message);
    },
  );

  it('lets no provider or customer begin a line of its own in what n8n prints', () => {
    const nextStep = 'Rename "Bad\n2026-01-01 | error | FORGED"';
    const error = toNodeError(node, new ValidationError('Bad\nFORGED', { nextStep }));
    expect([error.message, error.description].join('')).not.toMatch(/\p{Cc}/u);
    expect(error.message).toBe('Bad\\nFORGED');
  });

  it('names the other fields that are wrong', () => {
    const issues = [
      { field: 'name', reason: 'is empty' },
      { field: 'rate', reason: 'must be a decimal' },
    ];
    const error = toNodeError(node, new ValidationError('Tax Rate: name is empty', { issues }));
    expect(error.description).toBe('Also: rate must be a decimal.');
    expect(error.name).toBe('NodeOperationError');
  });
});

describe('errorItem', () => {
  it('has only the members by which n8n knows an error item', () => {
    const { json, pairedItem } = errorItem(node, refused, 2);
    expect(Object.keys(json)).toEqual(['error', 'details']);
    expect(json['details']).toMatchObject({
      code: 'validation',
      entity: 'invoice',
      recordId: '7',
      requestId: 'tid-1',
    });
    expect(pairedItem).toEqual({ item: 2 });
  });
});
