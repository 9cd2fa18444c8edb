import type { Logger } from 'n8n-workflow';
import { nodeLogger } from '../../nodes/runtime/logger';

describe('nodeLogger', () => {
  it('says why in the line itself, which n8n prints without the fields', () => {
    const lines: unknown[][] = [];
    const logger = nodeLogger({ error: (...line: unknown[]) => void lines.push(line) } as unknown as Logger);
    logger.error('Event became a dead letter', { message: 'The number is taken', entity: 'invoice' });
    logger.error('Connection paused', { connection: 'Acme', reason: 'The access has ended.' });
    logger.error('Nothing more to say');
    expect(lines).toEqual([
      ['Event became a dead letter: The number is taken', { entity: 'invoice' }],
      ['Connection paused: The access has ended.', { connection: 'Acme', reason: 'The access has ended.' }],
      ['Nothing more to say'],
    ]);
  });
});
