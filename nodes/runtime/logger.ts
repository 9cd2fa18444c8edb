import type { Logger as NodeLogger } from 'n8n-workflow';
import type { Logger } from '../../shared/ports';

type Fields = Record<string, unknown>;

/** n8n's logger as the core knows it. */
export const nodeLogger = (logger: NodeLogger): Logger => ({
  debug: (message, fields) => logger.debug(...lineOf(message, fields)),
  info: (message, fields) => logger.info(...lineOf(message, fields)),
  warn: (message, fields) => logger.warn(...lineOf(message, fields)),
  error: (message, fields) => logger.error(...lineOf(message, fields)),
});

/** n8n prints the line without the fields, so the line itself says why. */
function lineOf(line: string, fields?: Fields): [line: string, fields?: Fields] {
  if (fields === undefined) return [line];
  const { message, ...rest } = fields;
  const why = message ?? rest['reason'];
  return [typeof why === 'string' ? `${line}: ${why}` : line, rest];
}
