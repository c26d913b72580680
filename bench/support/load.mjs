import { Pool } from 'undici';

/**
 * A closed loop over keep-alive HTTPS connections: each sends its next request when it has the answer to the one
 * before. `request(index)` says what to send on a connection, `answered(text, index)` looks at each answer and throws
 * if it is wrong: a fast error is no speed.
 */
export class Load {
  #pool;

  constructor({ origin, ca, connections, request, answered }) {
    this.connections = connections;
    this.request = request;
    this.answered = answered;
    this.#pool = new Pool(origin, { connections, pipelining: 1, connect: { ca }, bodyTimeout: 30_000 });
  }

  /** Sends for so long and waits for what is under way. Answers how many, and each latency in milliseconds. */
  async run(seconds) {
    const latencies = [];
    const began = performance.now();
    const end = began + seconds * 1_000;
    await Promise.all(
      Array.from({ length: this.connections }, async (_, index) => {
        while (performance.now() < end) {
          const sentAt = performance.now();
          const { statusCode, body } = await this.#pool.request({ method: 'POST', ...this.request(index) });
          const text = await body.text();
          latencies.push(performance.now() - sentAt);
          if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 300)}`);
          this.answered(text, index);
        }
      }),
    );
    return { count: latencies.length, seconds: (performance.now() - began) / 1_000, latencies };
  }

  close() {
    return this.#pool.close();
  }
}

export const basic = (id, secret) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

/** A form as a token endpoint takes it. */
export const form = (path, credentials, parameters) => ({
  path,
  headers: {
    authorization: basic(credentials.id, credentials.secret),
    'content-type': 'application/x-www-form-urlencoded',
  },
  body: new URLSearchParams(parameters).toString(),
});
