import type { Logger as NodeLogger } from 'n8n-workflow';
import type { Logger } from '../../shared/ports';

/** n8n's logger as the core knows it. */
export const nodeLogger = (logger: NodeLogger): Logger => ({
  debug: (message, fields) => logger.debug(message, fields),
  info: (message, fields) => logger.info(message, fields),
  warn: (message, fields) => logger.warn(message, fields),
  error: (message, fields) => logger.error(message, fields),
});
