import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { bufferedOutput } from './buffered-output.js';
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
  const target = settings.destination ?? (isPretty ? pino.destination({ fd: 1, sync: true }) : bufferedOutput());
  const logger = pino(
    {
      name: settings.name,
      level: settings.level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (object) => redacted(object) as Record<string, unknown>,
      },
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          method.apply(this, safeArguments(args) as typeof args);
        },
      },
    },
    isPretty ? { write: (line: string) => target.write(prettyLine(line)) } : target,
  );
  const { child } = logger;
  // Pino serialises the bindings of a child once and past every formatter, so they are made safe here.
  logger.child = function safeChild(this: Logger, bindings: object, options?: object) {
    return child.call(this, redacted(bindings) as Record<string, unknown>, options);
  } as typeof logger.child;
  return logger;
}

/** Texts without credentials; an error alone becomes a member, because pino would copy its message as it is. */
function safeArguments(args: readonly unknown[]): unknown[] {
  const [first, ...rest] = args;
  const facts = first instanceof Error ? [{ err: first }, ...(rest.length > 0 ? [] : [first.message])] : [first];
  return [...facts, ...rest].map((argument) => (typeof argument === 'string' ? redactedText(argument) : argument));
}
