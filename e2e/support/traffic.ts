import type { Answer } from './https-client.js';

export interface Traffic {
  /** Calls answered so far. */
  readonly answered: number;
  /** Ends the traffic; answers every call that did not go as expected, in words. */
  stop(): Promise<{ readonly calls: number; readonly failures: readonly string[] }>;
}

/** Makes the same call over and over from `workers` loops until it is stopped. */
export function startTraffic(call: () => Promise<Answer>, expected: number, workers = 4): Traffic {
  const failures: string[] = [];
  let calls = 0;
  let running = true;
  const loop = async () => {
    while (running) {
      try {
        const answer = await call();
        if (answer.status !== expected) {
          failures.push(`${answer.status} ${answer.text.slice(0, 200)}`);
        }
      } catch (problem) {
        failures.push(String(problem));
      }
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  };
  const loops = Array.from({ length: workers }, loop);
  return {
    get answered() {
      return calls;
    },
    stop: async () => {
      running = false;
      await Promise.all(loops);
      return { calls, failures };
    },
  };
}
