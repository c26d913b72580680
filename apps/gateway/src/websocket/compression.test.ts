import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { agreement } from './handshake.js';
import { Relay } from './relay.js';
import { clientFrame } from './test/client.js';

const asked = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Extensions', 'permessage-deflate'];
const accepted = ['Upgrade', 'websocket', 'Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='];
const agreed = (...extension: string[]) =>
  agreement(asked, [...accepted, ...extension.flatMap((value) => ['Sec-WebSocket-Extensions', value])]);

describe('compressed messages', () => {
  it.each([
    ['permessage-deflate', true],
    ['permessage-deflate; server_no_context_takeover', true],
    ['permessage-deflate; client_max_window_bits=10; client_no_context_takeover', true],
    ['permessage-deflate; server_no_context_takeover; client_no_context_takeover', false],
  ])('as agreed in %s refer to each other: %s', (extension, keepsContext) => {
    expect(agreed(extension)).toEqual({ isCompressed: true, keepsContext });
    expect(agreed()).toEqual({ isCompressed: false, keepsContext: false });
  });

  it.each([
    [true, 1008],
    [false, undefined],
  ])('that are throttled end the connection if the next ones refer to them (%s)', (keepsContext, code) => {
    const [client, backend] = [new PassThrough(), new PassThrough()];
    const rules = {
      isCompressed: true,
      keepsContext,
      maxFrameBytes: 100,
      maxMessageBytes: 100,
      idleTimeoutMillis: 1_000,
    };
    const relay = new Relay(
      client,
      backend,
      { ...rules, mayPublish: true, countMessage: () => false },
      () => undefined,
    );
    const written: Buffer[] = [];
    const forwarded: Buffer[] = [];
    client.write = ((chunk: Buffer) => written.push(chunk) > 0) as typeof client.write;
    client.end = ((chunk?: Buffer) => chunk && written.push(chunk)) as unknown as typeof client.end;
    backend.write = ((chunk: Buffer) => forwarded.push(chunk) > 0) as typeof backend.write;
    relay.start(clientFrame(0xc1, 'x'), Buffer.alloc(0));
    expect(forwarded).toEqual([]);
    const [first] = written;
    expect(first?.[0]).toBe(code === undefined ? 0x81 : 0x88);
    if (code !== undefined) expect(first?.readUInt16BE(2)).toBe(code);
    expect(first?.toString()).toContain('4003 reason: Websocket frame throttled out');
    relay.close({ code: 1000, reason: '' });
  });
});
