/** Why a connection has to end (RFC 6455 section 7.4.1). */
export interface CloseReason {
  readonly code: number;
  /** At most 123 bytes. */
  readonly reason: string;
}

export interface FrameRules {
  /** Clients mask what they send, servers must not (RFC 6455 section 5.1). */
  readonly isMasked: boolean;
  /** permessage-deflate was agreed on: the first frame of a message may have RSV1 (RFC 7692 section 6). */
  readonly isCompressed: boolean;
  readonly maxFrameBytes: number;
  readonly maxMessageBytes: number;
  /** Whether a message, whose first frame has so many bytes, may pass; a reason ends the connection. */
  readonly onMessage: (bytes: number) => boolean | CloseReason;
}

const continuation = 0;
const text = 1;
const binary = 2;
const close = 8;
const pong = 10;

/**
 * Finds the frames in one direction of a connection without unpacking them: what may pass is handed on byte for byte as
 * it came, piece by piece, so that a frame of any length takes no memory.
 */
export class FrameScanner {
  readonly #head = Buffer.alloc(14);
  #headLength = 0;
  /** Bytes of the frame under way that are still to come. */
  #remaining = 0;
  #isFrameDropped = false;
  #isMessageDropped = false;
  #isMessageOpen = false;
  #messageBytes = 0;
  #hasClosed = false;

  constructor(private readonly rules: FrameRules) {}

  /** Another frame may be put here. */
  get isBetweenFrames(): boolean {
    return this.#remaining === 0 && this.#headLength === 0;
  }

  /** Another message may be put here. */
  get isBetweenMessages(): boolean {
    return this.isBetweenFrames && (!this.#isMessageOpen || this.#isMessageDropped) && !this.#hasClosed;
  }

  /** A close frame went by: nothing may follow it. */
  get hasClosed(): boolean {
    return this.#hasClosed;
  }

  /** Hands on what may pass of the chunk. The reason to end the connection is returned when there is one. */
  scan(chunk: Buffer, pass: (bytes: Buffer) => void): CloseReason | undefined {
    let from = 0;
    let at = 0;
    const flush = (end: number) => {
      if (end > from) pass(from === 0 && end === chunk.length ? chunk : chunk.subarray(from, end));
    };
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const step = Math.min(this.#remaining, chunk.length - at);
        at += step;
        this.#remaining -= step;
        if (this.#isFrameDropped) from = at;
        continue;
      }
      const start = at;
      at = this.#readHead(chunk, at);
      const isCarried = this.#headLength > at - start;
      if (this.#headLength < neededHead(this.#head, this.#headLength)) {
        // The rest of the head is in the next chunk; until then nobody knows whether it may pass.
        flush(start);
        return undefined;
      }
      const fault = this.#begin();
      if (fault !== undefined || this.#isFrameDropped) {
        flush(start);
        from = at;
        if (fault !== undefined) return fault;
      } else if (isCarried) {
        pass(Buffer.from(this.#head.subarray(0, this.#headLength)));
        from = at;
      }
      this.#headLength = 0;
    }
    flush(at);
    return undefined;
  }

  #readHead(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length && this.#headLength < neededHead(this.#head, this.#headLength)) {
      this.#head[this.#headLength++] = chunk[at++] as number;
    }
    return at;
  }

  /** Takes in a whole head: RFC 6455 section 5.2. */
  #begin(): CloseReason | undefined {
    const [first = 0, second = 0] = this.#head;
    const opcode = first & 0x0f;
    const isFinal = (first & 0x80) !== 0;
    const length = lengthOf(this.#head);
    const isControl = opcode >= close;
    if (this.#hasClosed) {
      this.#isFrameDropped = true;
      this.#remaining = Math.max(0, length);
      return undefined;
    }
    if (length < 0 || ((second & 0x80) === 0) === this.rules.isMasked) return protocolError;
    const allowedBits = this.rules.isCompressed && (opcode === text || opcode === binary) ? 0x40 : 0;
    if ((first & 0x70 & ~allowedBits) !== 0) return protocolError;
    if (isControl && (!isFinal || length > 125 || opcode > pong)) return protocolError;
    this.#remaining = length;
    if (!isControl) return this.#beginData(opcode, isFinal, length);
    if (opcode === close && length === 1) return protocolError;
    this.#isFrameDropped = false;
    this.#hasClosed = opcode === close;
    return undefined;
  }

  #beginData(opcode: number, isFinal: boolean, length: number): CloseReason | undefined {
    const { maxFrameBytes, maxMessageBytes, onMessage } = this.rules;
    if (opcode > binary || (opcode === continuation) !== this.#isMessageOpen) return protocolError;
    if (opcode !== continuation) this.#messageBytes = 0;
    this.#messageBytes += length;
    if (length > maxFrameBytes || this.#messageBytes > maxMessageBytes) return tooBig;
    this.#isMessageOpen = !isFinal;
    if (opcode !== continuation) {
      const verdict = onMessage(length);
      if (typeof verdict !== 'boolean') return verdict;
      this.#isMessageDropped = !verdict;
    }
    this.#isFrameDropped = this.#isMessageDropped;
    return undefined;
  }
}

const protocolError: CloseReason = { code: 1002, reason: 'protocol error' };
const tooBig: CloseReason = { code: 1009, reason: 'message too big' };

/** How long the head is, as far as its first bytes say. */
function neededHead(head: Buffer, known: number): number {
  if (known < 2) return 2;
  const second = head[1] as number;
  const length = second & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
}

/** Bytes of payload; -1 when it is not written in the shortest way, or beyond what can be counted. */
function lengthOf(head: Buffer): number {
  const length = (head[1] as number) & 0x7f;
  if (length < 126) return length;
  if (length === 126) return atLeast(126, head.readUInt16BE(2));
  const high = head.readUInt32BE(2);
  return high > 0x1fffff ? -1 : atLeast(65_536, high * 0x1_0000_0000 + head.readUInt32BE(6));
}

const atLeast = (least: number, length: number) => (length < least ? -1 : length);
