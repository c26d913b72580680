import type { Gauge } from 'prom-client';

/** The streams to gateways: counted, and ended together when the process is to stop. */
export class OpenStreams {
  readonly #ending = new AbortController();
  readonly #gateways = new Map<object, { readonly environment: string; readonly gatewayId: string }>();

  readonly #farewells = new Set<() => void>();

  constructor(private readonly streams: Gauge<'service'>) {}

  /** Counts a stream that ends itself when asked by `farewell`; to be called when it is over is what this returns. */
  enter(service: string, farewell: () => void): () => void {
    this.streams.inc({ service });
    this.#farewells.add(farewell);
    if (this.#ending.signal.aborted) farewell();
    return () => {
      if (this.#farewells.delete(farewell)) this.streams.dec({ service });
    };
  }

  /** What `produce` yields until the call is over or all streams are ended. */
  during<T>(
    service: string,
    produce: (over: AbortSignal) => AsyncIterable<T>,
  ): (over: AbortSignal) => AsyncGenerator<T> {
    const { streams } = this;
    const ending = this.#ending.signal;
    return async function* (over) {
      streams.inc({ service });
      try {
        yield* produce(AbortSignal.any([over, ending]));
      } finally {
        streams.dec({ service });
      }
    };
  }

  /** The same for a gateway that follows the catalogue; it counts as live meanwhile. */
  follow<T>(
    gateway: { readonly environment: string; readonly gatewayId: string },
    produce: (over: AbortSignal) => AsyncIterable<T>,
  ): (over: AbortSignal) => AsyncGenerator<T> {
    const gateways = this.#gateways;
    return this.during('catalog', async function* (over) {
      const entry = {};
      gateways.set(entry, gateway);
      try {
        yield* produce(over);
      } finally {
        gateways.delete(entry);
      }
    });
  }

  /** How many gateways of an environment follow this key manager. */
  liveGateways(environment: string): number {
    const live = [...this.#gateways.values()].filter((gateway) => gateway.environment === environment);
    return new Set(live.map(({ gatewayId }) => gatewayId)).size;
  }

  /** Every stream completes; its gateway comes back over a new call, to another key manager. */
  end(): void {
    this.#ending.abort();
    for (const farewell of this.#farewells) farewell();
  }
}
