import type { Duplex } from 'node:stream';
import { type CloseReason, FrameScanner } from './frame-scanner.js';
import { closeFrame, textFrame } from './frames.js';

/** What one connection may do. */
export interface RelayRules {
  readonly isCompressed: boolean;
  /** None of the compressed messages can be left out: those behind it could not be read, or be read as something else. */
  readonly keepsContext: boolean;
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  readonly idleTimeoutMillis: number;
  /** Whether the caller may send messages, or only receive them. */
  readonly mayPublish: boolean;
  /** Counts a message; false when it is one too many. */
  readonly countMessage: (bytes: number) => boolean;
}

/** Management-api.md section 8.5, word for word. */
const throttledOut = 'Error code: 4003 reason: Websocket frame throttled out';
const mayNotPublish: CloseReason = { code: 1008, reason: 'sending needs a scope that the access token does not have' };
/** How long the other side may take to answer a close frame. */
const closingMillis = 5_000;

/** Passes frames between a client and a backend, in both directions, as they are. */
export class Relay {
  readonly #up: FrameScanner;
  readonly #down: FrameScanner;
  readonly #idle: NodeJS.Timeout;
  #isNoticeDue = false;
  #isOver = false;

  constructor(
    private readonly client: Duplex,
    private readonly backend: Duplex,
    private readonly rules: RelayRules,
    private readonly onEnd: () => void,
  ) {
    this.#up = new FrameScanner({ ...rules, isMasked: true, onMessage: this.#onPublished });
    this.#down = new FrameScanner({ ...rules, isMasked: false, onMessage: this.#onReceived });
    this.#idle = setTimeout(() => this.close({ code: 1001, reason: 'idle for too long' }), rules.idleTimeoutMillis);
  }

  /** Begins with what came right behind the two handshakes. */
  start(clientHead: Buffer, backendHead: Buffer): void {
    const { client, backend } = this;
    client.on('data', this.#fromClient).on('end', this.#onClientEnd).on('close', this.#onClose).on('error', ignore);
    backend.on('data', this.#fromBackend).on('end', this.#onBackendEnd).on('close', this.#onClose).on('error', ignore);
    if (backendHead.length > 0) this.#fromBackend(backendHead);
    if (clientHead.length > 0) this.#fromClient(clientHead);
    client.resume();
    backend.resume();
  }

  /** Ends the connection on both sides; in the middle of a frame, without a word. */
  close(reason: CloseReason): void {
    if (this.#isOver) return;
    const { client, backend } = this;
    this.#detach();
    if (this.#down.isBetweenFrames && !this.#down.hasClosed) client.end(closeFrame(reason.code, reason.reason));
    else client.destroy();
    if (this.#up.isBetweenFrames && !this.#up.hasClosed) backend.end(closeFrame(1001, '', true));
    else backend.destroy();
    this.#linger();
  }

  #fromClient = (chunk: Buffer): void => {
    this.#pass(chunk, this.#up, this.client, this.backend);
  };

  #fromBackend = (chunk: Buffer): void => {
    this.#pass(chunk, this.#down, this.backend, this.client);
  };

  #pass(chunk: Buffer, scanner: FrameScanner, source: Duplex, target: Duplex): void {
    if (this.#isOver) return;
    this.#idle.refresh();
    let isFull = false;
    const hadClosed = scanner.hasClosed;
    const fault = scanner.scan(chunk, (bytes) => {
      isFull = !target.write(bytes);
    });
    if (fault !== undefined) {
      this.close(fault);
      return;
    }
    if (scanner.hasClosed && !hadClosed) this.#expectEnd();
    this.#sayThrottled();
    if (!isFull) return;
    source.pause();
    target.once('drain', () => source.resume());
  }

  #onPublished = (bytes: number): boolean | CloseReason => {
    return this.rules.mayPublish ? this.#count(bytes) : mayNotPublish;
  };

  #onReceived = (bytes: number): boolean | CloseReason => this.#count(bytes);

  #count(bytes: number): boolean | CloseReason {
    if (this.rules.countMessage(bytes)) return true;
    if (this.rules.keepsContext) return { code: 1008, reason: throttledOut };
    this.#isNoticeDue = true;
    return false;
  }

  /** Never in the middle of a message of the backend, and once for all frames that were dropped meanwhile. */
  #sayThrottled(): void {
    if (!this.#isNoticeDue || !this.#down.isBetweenMessages || this.client.writableNeedDrain) return;
    this.#isNoticeDue = false;
    this.client.write(textFrame(throttledOut));
  }

  #expectEnd(): void {
    setTimeout(() => this.#destroy(), closingMillis).unref();
  }

  #onClientEnd = (): void => {
    this.backend.end();
  };

  /** A backend that goes without a close frame has failed; a frame it had begun is cut off, so that nobody takes it for whole. */
  #onBackendEnd = (): void => {
    if (this.#down.hasClosed) this.client.end();
    else this.close({ code: 1014, reason: 'the backend closed the connection' });
  };

  #onClose = (): void => {
    if (this.#isOver) return;
    if (this.backend.destroyed && !this.#down.hasClosed) {
      this.#onBackendEnd();
      return;
    }
    this.#detach();
    this.client.end();
    this.backend.end();
    this.#linger();
  };

  /** From here on nothing is passed any more. */
  #detach(): void {
    this.#isOver = true;
    clearTimeout(this.#idle);
    this.client.off('data', this.#fromClient).off('end', this.#onClientEnd).off('close', this.#onClose);
    this.backend.off('data', this.#fromBackend).off('end', this.#onBackendEnd).off('close', this.#onClose);
    this.client.resume();
    this.backend.resume();
    this.onEnd();
  }

  /** What was written may still arrive. */
  #linger(): void {
    setTimeout(() => this.#destroy(), lingerMillis).unref();
  }

  #destroy(): void {
    if (!this.#isOver) this.#detach();
    this.client.destroy();
    this.backend.destroy();
  }
}

const lingerMillis = 1_000;

function ignore(): void {}
