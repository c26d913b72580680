import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@keygate/common/logging';
import { CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';

const magic = Buffer.from('KGCAT1\r\n');
const checksumBytes = 32;

/**
 * The last catalogue on disk, so that a gateway restarts while the key manager is away. A protobuf `CatalogSnapshot`
 * behind a SHA-256 of it and of the gateway environment; a file that is cut short, damaged, of another version or of
 * another environment counts as absent.
 */
export class CatalogFile {
  private readonly path: string;
  private readonly environment: string;
  private readonly logger: Logger;
  private readonly debounceMillis: number;
  private timer: NodeJS.Timeout | undefined;
  private pending: (() => CatalogSnapshot) | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(path: string, environment: string, logger: Logger, debounceMillis = 500) {
    this.path = path;
    this.environment = environment;
    this.logger = logger;
    this.debounceMillis = debounceMillis;
  }

  async load(): Promise<CatalogSnapshot | undefined> {
    const content = await readFile(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.logger.warn({ err: error }, 'the catalogue copy cannot be read');
      return undefined;
    });
    if (content === undefined) return undefined;
    const snapshot = decode(content, this.environment);
    if (snapshot === undefined)
      this.logger.warn({ file: this.path }, 'the catalogue copy is damaged or of another environment and is ignored');
    return snapshot;
  }

  /** Writes soon; calls that follow quickly become one write of the newest state. */
  saveSoon(snapshot: () => CatalogSnapshot): void {
    this.pending = snapshot;
    this.timer ??= setTimeout(() => void this.flush(), this.debounceMillis);
  }

  /** Resolves when what is pending is on disk. A full disk costs the copy, never the service. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const snapshot = this.pending;
    this.pending = undefined;
    if (snapshot !== undefined) {
      this.writing = this.writing
        .then(() => this.write(encode(snapshot(), this.environment)))
        .catch((error: unknown) => this.logger.warn({ err: error }, 'the catalogue copy cannot be written'));
    }
    return this.writing;
  }

  /** Flushed before it is renamed into place: a crash leaves the old copy or the new one, never half of one. */
  private async write(content: Buffer): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const draft = `${this.path}.${process.pid}.draft`;
    try {
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, this.path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}

const checksum = (environment: string, body: Uint8Array) =>
  createHash('sha256').update(`${environment}\0`).update(body).digest();

function encode(snapshot: CatalogSnapshot, environment: string): Buffer {
  const body = CatalogSnapshot.encode(snapshot).finish();
  return Buffer.concat([magic, checksum(environment, body), body]);
}

function decode(content: Buffer, environment: string): CatalogSnapshot | undefined {
  const body = content.subarray(magic.length + checksumBytes);
  if (!content.subarray(0, magic.length).equals(magic)) return undefined;
  const written = content.subarray(magic.length, magic.length + checksumBytes);
  return written.equals(checksum(environment, body)) ? CatalogSnapshot.decode(body) : undefined;
}
