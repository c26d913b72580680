import { createCipheriv, createDecipheriv, createPrivateKey, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@keygate/common/logging';
import { CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';

const magic = Buffer.from('KGCAT2\r\n');
const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * The last catalogue on disk, so that a gateway restarts while the key manager is away. A protobuf `CatalogSnapshot`,
 * sealed because it holds what backends are shown as proof, and bound to the gateway environment. A file that is cut
 * short, damaged, of another version, environment or gateway counts as absent.
 */
export class CatalogFile {
  private readonly path: string;
  private readonly environment: string;
  private readonly key: Buffer;
  private readonly logger: Logger;
  private readonly debounceMillis: number;
  /** How long changes are gathered; longer when a copy is large. */
  private restMillis: number;
  private timer: NodeJS.Timeout | undefined;
  private pending: (() => CatalogSnapshot) | undefined;
  private writing: Promise<void> = Promise.resolve();

  /** `key` is what `catalogFileKey` made. `isKeeper`: false for a worker that only reads what another one writes. */
  constructor(
    path: string,
    environment: string,
    key: Buffer,
    logger: Logger,
    private readonly isKeeper = true,
    debounceMillis = 500,
  ) {
    this.path = path;
    this.environment = environment;
    this.key = key;
    this.logger = logger;
    this.debounceMillis = debounceMillis;
    this.restMillis = debounceMillis;
  }

  async load(): Promise<CatalogSnapshot | undefined> {
    const content = await readFile(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') this.logger.warn({ err: error }, 'the catalogue copy cannot be read');
      return undefined;
    });
    if (content === undefined) return undefined;
    const snapshot = decode(content, this.environment, this.key);
    if (snapshot === undefined)
      this.logger.warn(
        { file: this.path },
        'the catalogue copy is damaged or of another gateway or environment and is ignored',
      );
    return snapshot;
  }

  /** Writes soon; calls that follow quickly become one write of the newest state. */
  saveSoon(snapshot: () => CatalogSnapshot): void {
    if (!this.isKeeper) return;
    this.pending = snapshot;
    this.timer ??= setTimeout(() => void this.flush(), this.restMillis);
  }

  /** Resolves when what is pending is on disk. A full disk costs the copy, never the service. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const snapshot = this.pending;
    this.pending = undefined;
    if (snapshot !== undefined) {
      this.writing = this.writing
        .then(() => this.write(snapshot()))
        .catch((error: unknown) => this.logger.warn({ err: error }, 'the catalogue copy cannot be written'));
    }
    return this.writing;
  }

  /** Flushed before it is renamed into place: a crash leaves the old copy or the new one, never half of one. */
  private async write(snapshot: CatalogSnapshot): Promise<void> {
    const began = performance.now();
    await mkdir(dirname(this.path), { recursive: true });
    const draft = `${this.path}.${process.pid}.draft`;
    try {
      const file = await open(draft, 'w', 0o600);
      try {
        // Piece by piece: requests are served in between.
        for (const piece of sealed(snapshot, this.environment, this.key)) await file.write(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, this.path);
      this.restMillis = Math.max(this.debounceMillis, 20 * (performance.now() - began));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}

/**
 * The key of this gateway's copy, out of the private key that it shows the key manager (HKDF-SHA-256, RFC 5869): whoever
 * has the file alone has nothing, and who has that private key is told the catalogue anyway.
 */
export function catalogFileKey(privateKeyPem: string): Buffer {
  const secret = createPrivateKey(privateKeyPem).export({ format: 'der', type: 'pkcs8' });
  return Buffer.from(hkdfSync('sha256', secret, '', 'keygate/catalogue-copy/v1', 32));
}

function* sealed(snapshot: CatalogSnapshot, environment: string, key: Buffer): Generator<Buffer> {
  const iv = randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(environment));
  yield Buffer.concat([magic, iv]);
  for (const piece of encodedPieces(snapshot)) yield sealing.update(piece);
  yield Buffer.concat([sealing.final(), sealing.getAuthTag()]);
}

const pieceEntities = 500;

/** Messages that stand one after the other are read as one whose lists are joined. */
function* encodedPieces(snapshot: CatalogSnapshot): Generator<Uint8Array> {
  const empty = CatalogSnapshot.decode(new Uint8Array());
  for (const [name, list] of Object.entries(snapshot)) {
    if (!Array.isArray(list)) continue;
    for (let at = 0; at < list.length; at += pieceEntities) {
      yield CatalogSnapshot.encode({ ...empty, [name]: list.slice(at, at + pieceEntities) }).finish();
    }
  }
  yield CatalogSnapshot.encode({ ...empty, revision: snapshot.revision }).finish();
}

function decode(content: Buffer, environment: string, key: Buffer): CatalogSnapshot | undefined {
  const start = magic.length + ivBytes;
  if (!content.subarray(0, magic.length).equals(magic) || content.length < start + tagBytes) return undefined;
  const opening = createDecipheriv(cipher, key, content.subarray(magic.length, start), { authTagLength: tagBytes })
    .setAAD(Buffer.from(environment))
    .setAuthTag(content.subarray(-tagBytes));
  try {
    return CatalogSnapshot.decode(Buffer.concat([opening.update(content.subarray(start, -tagBytes)), opening.final()]));
  } catch {
    return undefined;
  }
}
