const everyMillis = 2_000;

/** Says every two seconds what a slow piece of work is still waiting for. */
export async function withProgress<T>(waitingFor: () => string, work: Promise<T>): Promise<T> {
  const began = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`  … still waiting for ${waitingFor()} (${seconds} s)`);
  }, everyMillis);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
