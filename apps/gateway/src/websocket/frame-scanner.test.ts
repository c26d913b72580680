import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CloseReason, type FrameRules, FrameScanner } from './frame-scanner.js';
import { clientFrame } from './test/client.js';

const lenient: FrameRules = {
  isMasked: true,
  isCompressed: false,
  maxFrameBytes: 1_000_000,
  maxMessageBytes: 2_000_000,
  onMessage: () => true,
};

function scan(bytes: Buffer, rules: Partial<FrameRules> = {}, cuts: readonly number[] = []) {
  const scanner = new FrameScanner({ ...lenient, ...rules });
  const passed: Buffer[] = [];
  let fault: CloseReason | undefined;
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    fault ??= scanner.scan(Buffer.from(bytes.subarray(from, end)), (piece) => passed.push(Buffer.from(piece)));
    from = end;
  }
  return { scanner, passed: Buffer.concat(passed), fault };
}

const aFrame = fc
  .tuple(
    fc.constantFrom(0x81, 0x82, 0x89, 0x8a),
    fc.nat({ max: 125 }),
    fc.constantFrom(0, 0, 0, 126, 65_535, 65_536),
    fc.boolean(),
  )
  .map(([first, short, long, isLong]) => clientFrame(first, Buffer.alloc(isLong && first < 0x88 ? long : short, 'x')));

describe('frames', () => {
  it('pass byte for byte, however they are cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
        const bytes = Buffer.concat(frames);
        const { passed, fault, scanner } = scan(bytes, {}, cuts);
        expect(fault).toBeUndefined();
        expect(passed.equals(bytes)).toBe(true);
        expect(scanner.isBetweenMessages).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('of messages over the quota are left out whole, and nothing else is', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 20 }), (passes, cuts) => {
        const frames = passes.map((_, index) => [
          clientFrame(0x01, `first part of ${index}`),
          clientFrame(0x89, 'a ping between'),
          clientFrame(0x80, 'last part'),
        ]);
        let asked = 0;
        const onMessage = () => passes[asked++] as boolean;
        const { passed } = scan(Buffer.concat(frames.flat()), { onMessage }, cuts);
        const expected = frames.flatMap((parts, index) => (passes[index] ? parts : [parts[1] as Buffer]));
        expect(passed.equals(Buffer.concat(expected))).toBe(true);
        expect(asked).toBe(passes.length);
      }),
      { numRuns: 200 },
    );
  });

  const text = clientFrame(0x81, 'hello');
  it.each<[string, Buffer, Partial<FrameRules>, number]>([
    ['without a mask from a client', Buffer.from([0x81, 1, 0x61]), {}, 1002],
    ['with a mask from a server', text, { isMasked: false }, 1002],
    ['with RSV1 and no compression', clientFrame(0xc1, 'x'), {}, 1002],
    ['with RSV2', clientFrame(0xa1, 'x'), { isCompressed: true }, 1002],
    ['that compress a control frame', clientFrame(0xc9, 'x'), { isCompressed: true }, 1002],
    [
      'that compress a continuation',
      Buffer.concat([clientFrame(0x41, 'x'), clientFrame(0xc0, 'x')]),
      { isCompressed: true },
      1002,
    ],
    ['of an unknown kind', clientFrame(0x83, 'x'), {}, 1002],
    ['of an unknown control kind', clientFrame(0x8b, 'x'), {}, 1002],
    ['of a ping in parts', clientFrame(0x09, 'x'), {}, 1002],
    ['of a ping above 125 bytes', clientFrame(0x89, Buffer.alloc(126)), {}, 1002],
    ['of a close with half a code', clientFrame(0x88, 'x'), {}, 1002],
    ['that go on with nothing', clientFrame(0x80, 'x'), {}, 1002],
    ['that begin within a message', Buffer.concat([clientFrame(0x01, 'x'), text]), {}, 1002],
    ['with a length in more bytes than it needs', Buffer.from([0x82, 0xfe, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5]), {}, 1002],
    ['with a length beyond counting', Buffer.from([0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), {}, 1002],
    ['above the frame limit', clientFrame(0x82, Buffer.alloc(200)), { maxFrameBytes: 199 }, 1009],
    [
      'above the message limit together',
      Buffer.concat([clientFrame(0x02, Buffer.alloc(150)), clientFrame(0x80, Buffer.alloc(150))]),
      { maxMessageBytes: 299 },
      1009,
    ],
  ])('%s end the connection', (_, bytes, rules, code) => {
    for (const cuts of [[], [1], [1, 2, 3, 4, 5]]) expect(scan(bytes, rules, cuts).fault?.code).toBe(code);
  });

  it('compressed as agreed pass', () => {
    expect(scan(clientFrame(0xc1, 'x'), { isCompressed: true }).fault).toBeUndefined();
  });

  it('behind a close frame go nowhere', () => {
    const close = clientFrame(0x88, Buffer.from([3, 232]));
    const { passed, scanner } = scan(Buffer.concat([close, text, text]), {}, [9, 11]);
    expect(passed.equals(close)).toBe(true);
    expect(scanner.hasClosed).toBe(true);
  });
});
