import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyLine } from './pretty.js';
import { redacted, redactedText } from './redaction.js';

export interface LoggerSettings {
  /** The role that writes, e.g. `gateway`. */
  readonly name: string;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto` is readable on a terminal and JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Where lines go; standard output when left out. */
  readonly destination?: DestinationStream;
}

/** The logger of a process. Everything handed to it is redacted before it becomes text. */
export function createLogger(settings: LoggerSettings): Logger {
  const isPretty = settings.format === 'pretty' || (settings.format === 'auto' && process.stdout.isTTY === true);
  const target = settings.destination ?? pino.destination({ fd: 1, sync: true });
  return pino(
    {
      name: settings.name,
      level: settings.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (object) => redacted(object) as Record<string, unknown>,
        bindings: (bindings) => redacted(bindings) as Record<string, unknown>,
      },
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          const safe = args.map((argument) => (typeof argument === 'string' ? redactedText(argument) : argument));
          method.apply(this, safe as typeof args);
        },
      },
    },
    isPretty ? { write: (line: string) => target.write(prettyLine(line)) } : target,
  );
}
