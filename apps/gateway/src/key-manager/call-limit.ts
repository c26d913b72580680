import { KeyManagerUnavailable } from './unavailable.js';

/** Bounds the calls in flight. Nothing waits: a caller above the bound learns at once that there is no answer. */
export class CallLimit {
  private readonly max: number;
  private inFlight = 0;

  constructor(max: number) {
    this.max = max;
  }

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.inFlight >= this.max) throw new KeyManagerUnavailable(`${this.max} calls are already in flight`);
    this.inFlight += 1;
    try {
      return await call();
    } finally {
      this.inFlight -= 1;
    }
  }
}
