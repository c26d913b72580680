import { pino } from 'pino';

/** A reader of standard output that stands still costs log lines, not memory. */
const maxBufferedBytes = 8 * 1024 * 1024;

export interface RawOutput {
  write(bytes: Buffer): void;
  flushSync(): void;
}

/** Standard output for bytes that are ready to be read, without waiting for whoever reads them. */
export function rawOutput(): RawOutput {
  const output = pino.destination({ fd: 1, sync: false, contentMode: 'buffer', maxLength: maxBufferedBytes });
  return {
    // The types know of text only.
    write: (bytes) => void output.write(bytes as unknown as string),
    flushSync: () => output.flushSync(),
  };
}
