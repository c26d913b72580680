/** Questions under way to the other end of a channel: each is answered once, or given up. */
export class Questions {
  private readonly open = new Map<number, (value: unknown) => void>();
  private lastId = 0;

  /** Undefined when no answer came in time. `send` gets the number that the answer will bear. */
  ask(send: (id: number) => void, deadlineMillis: number): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answered(id, undefined), deadlineMillis);
      this.open.set(id, (value) => {
        clearTimeout(timer);
        resolve(value);
      });
      send(id);
    });
  }

  answered(id: number, value: unknown): void {
    const resolve = this.open.get(id);
    this.open.delete(id);
    resolve?.(value);
  }

  /** The other end is gone. */
  giveUp(): void {
    for (const id of [...this.open.keys()]) this.answered(id, undefined);
  }
}
