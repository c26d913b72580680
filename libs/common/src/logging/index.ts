export type { Logger } from 'pino';
export { correlationOf, isCorrelationId } from './correlation.js';
export { createLogger, type LoggerSettings } from './create-logger.js';
export { nestLogger } from './nest-logger.js';
export { redacted } from './redaction.js';
