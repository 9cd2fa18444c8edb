import type { Logger } from 'n8n-workflow';
import { nodeLogger } from '../../nodes/runtime/logger';

/** What a customer may be called. */
const FORGED = 'Bad\n2026-01-01 | error | FORGED NAME: everything is fine\u001b[2J\u202e';
const ONE_LINE = 'Bad\\n2026-01-01 | error | FORGED NAME: everything is fine\\u001b[2J\\u202e';

function linesOf(log: (logger: ReturnType<typeof nodeLogger>) => void): unknown[][] {
  const lines: unknown[][] = [];
  const write = (...line: unknown[]) => void lines.push(line);
  log(nodeLogger({ debug: write, info: write, warn: write, error: write } as unknown as Logger));
  return lines;
}

describe('nodeLogger', () => {
  it.each(['debug', 'info', 'warn', 'error'] as const)(
    'lets no text begin a line of its own (%s)',
    (level) => {
      const lines = linesOf((logger) =>
        logger[level](`Customer ${FORGED}`, {
          message: FORGED,
          record: FORGED,
          [FORGED]: 1,
          nested: { list: [{ name: FORGED }, FORGED] },
          error: new Error(FORGED),
        }),
      );
      expect(lines).toEqual([
        [
          `Customer ${ONE_LINE}: ${ONE_LINE}`,
          {
            record: ONE_LINE,
            [ONE_LINE]: 1,
            nested: { list: [{ name: ONE_LINE }, ONE_LINE] },
            error: `Error: ${ONE_LINE}`,
          },
        ],
      ]);
    },
  );

  it('bounds what it writes', () => {
    const deep = Array.from({ length: 50 }).reduce<object>((inner) => ({ inner }), {});
    const many = Array.from({ length: 5_000 }, (_, index) => index);
    const [[line, fields] = []] = linesOf((logger) =>
      logger.warn('x'.repeat(1_000_000), { text: 'y'.repeat(1_000_000), deep, many, body: Buffer.alloc(9) }),
    );
    expect((line as string).length).toBe(2_000);
    expect(JSON.stringify(fields).length).toBeLessThan(4_000);
    expect(fields).toMatchObject({ body: '9 bytes' });
  });

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
