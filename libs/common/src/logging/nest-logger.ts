import type { LoggerService } from '@nestjs/common';
import type { Logger } from 'pino';

/** Nest's own messages through our logger, so that they have its format, level and redaction. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'fatal' | 'error' | 'warn' | 'debug' | 'trace') =>
    (message: unknown, ...more: unknown[]) => {
      // Nest hands the context over as the last text; `error` has a stack before it.
      const context = typeof more.at(-1) === 'string' ? more.at(-1) : undefined;
      const error = [message, ...more].find((part) => part instanceof Error);
      const stack = level === 'error' && more.length > 1 && typeof more[0] === 'string' ? more[0] : undefined;
      const text = message instanceof Error ? message.message : typeof message === 'string' ? message : 'nest';
      const facts = {
        ...(context === undefined ? {} : { context }),
        ...(error === undefined ? {} : { err: error }),
        ...(stack === undefined ? {} : { stack }),
        ...(typeof message === 'object' && !(message instanceof Error) ? { detail: message } : {}),
      };
      logger[level](facts, text);
    };
  return {
    // What Nest calls "log" is its start-up chatter (each route, each module).
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
    fatal: write('fatal'),
  };
}
