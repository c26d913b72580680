import type { DestinationStream } from 'pino';
import { pino } from 'pino';
import type { Exchange } from '../pipeline/exchange.js';

/** What a line tells: of an API call, or of a request to a token endpoint, which has no API. */
export type AccessEntry = Pick<
  Exchange,
  'correlationId' | 'clientAddress' | 'method' | 'path' | 'status' | 'startedAt'
> &
  Partial<Pick<Exchange, 'isRouted' | 'api' | 'application' | 'upstream' | 'cacheStatus' | 'fault'>>;

/** One line for each request; flushed in large pieces, because a write for each costs more than the request's gate. */
export interface AccessLog {
  write(entry: AccessEntry): void;
  flush(): void;
}

export interface AccessLogSettings {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  /** Which worker writes, when there are several. */
  readonly worker?: number | undefined;
  /** Standard output, buffered, when left out. */
  readonly destination?: DestinationStream & { flushSync?(): void };
}

const silentLevels = new Set(['warn', 'error', 'fatal', 'silent']);
const pieceChars = 65_536;
const flushMillis = 100;
/** A reader of standard output that stands still costs log lines, not memory. */
const maxBufferedBytes = 8 * 1024 * 1024;

/** The query is left out: clients put credentials into it. */
export function createAccessLog({ level, format, worker, destination }: AccessLogSettings): AccessLog {
  if (silentLevels.has(level)) return { write: () => undefined, flush: () => undefined };
  const target = destination ?? inPieces();
  const isReadable = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true);
  const line = isReadable ? readableLine : jsonLine;
  const source = worker === undefined ? '' : isReadable ? ` worker=${worker}` : `,"worker":${worker}`;
  return {
    write: (entry) => void target.write(line(entry, source)),
    flush: () => ignoringFaults(() => target.flushSync?.()),
  };
}

/** A flush throws while standard output is not open yet or already gone; there is nothing left to tell it to. */
function ignoringFaults(flush: () => void): void {
  try {
    flush();
  } catch {
    return;
  }
}

/**
 * Standard output by large pieces. They are put together here: the library measures all that it has gathered again with
 * every line that is added.
 */
function inPieces(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ fd: 1, sync: false, maxWrite: 4 * pieceChars, maxLength: maxBufferedBytes });
  let pending = '';
  let timer: NodeJS.Timeout | undefined;
  let isFirst = true;
  const handOver = () => {
    clearTimeout(timer);
    timer = undefined;
    const piece = pending;
    pending = '';
    if (piece !== '') output.write(piece);
  };
  const flushSync = () => {
    handOver();
    output.flushSync();
  };
  return {
    write(line) {
      if (isFirst) process.once('exit', () => ignoringFaults(flushSync));
      isFirst = false;
      pending += line;
      if (pending.length >= pieceChars) handOver();
      else timer ??= setTimeout(handOver, flushMillis).unref();
    },
    flushSync,
  };
}

/** Concatenated, since only the parts that a client or an API publisher chose need escaping. */
function jsonLine(entry: AccessEntry, source: string): string {
  const { fault, upstream, application, cacheStatus } = entry;
  // Asking an exchange for its API before it has one is an error.
  const api = entry.isRouted ? entry.api : undefined;
  return (
    `{"level":"info","time":"${new Date().toISOString()}","name":"access"${source},"correlationId":${JSON.stringify(entry.correlationId)}` +
    `,"client":"${entry.clientAddress}","method":${JSON.stringify(entry.method)},"path":${JSON.stringify(entry.path)}` +
    `,"status":${entry.status},"ms":${millis(entry)}` +
    `${api ? `,"api":${JSON.stringify(api.name)},"version":${JSON.stringify(api.version)}` : ''}` +
    `${application ? `,"application":${JSON.stringify(application.name)}` : ''}` +
    `${cacheStatus === undefined ? '' : `,"cache":"${cacheStatus}"`}` +
    `${upstream === undefined ? '' : `,"upstream":${JSON.stringify(upstream)}`}${fault === undefined ? '' : `,"fault":"${fault}"`}}\n`
  );
}

function readableLine(entry: AccessEntry, source: string): string {
  const { fault, method, path, status, correlationId } = entry;
  const time = new Date().toISOString().slice(11, 23);
  const shown = JSON.stringify(path).slice(1, -1);
  return `${time} INFO  access ${method} ${shown} ${status} ${millis(entry)}ms${fault === undefined ? '' : ` ${fault}`} correlationId=${correlationId}${source}\n`;
}

const millis = (entry: AccessEntry) => (performance.now() - entry.startedAt).toFixed(1);
