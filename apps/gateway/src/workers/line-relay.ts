/**
 * The lines of several processes on one output. Pieces that are larger than a pipe takes at once would be torn apart by
 * those of others, so each process has a pipe of its own and whole lines are passed on from here.
 */
export class LineRelay {
  private readonly begun = new Map<number, Buffer[]>();

  constructor(private readonly write: (lines: Buffer) => void) {}

  take(source: number, piece: Buffer): void {
    const end = piece.lastIndexOf(newline) + 1;
    const before = this.begun.get(source);
    if (end === 0) {
      if (before === undefined) this.begun.set(source, [piece]);
      else before.push(piece);
      return;
    }
    const lines = piece.subarray(0, end);
    this.write(before === undefined ? lines : Buffer.concat([...before, lines]));
    if (end < piece.length) this.begun.set(source, [piece.subarray(end)]);
    else this.begun.delete(source);
  }
}

const newline = 0x0a;
