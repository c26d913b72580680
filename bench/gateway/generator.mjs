// The load generator, a process with a core of its own. Started by load.mjs, which says what to send by messages.
import { Connection } from './connection.mjs';
import { fillRequestOf, requestOf } from './world.mjs';

/** As many latencies as are kept of one measurement. */
const capacity = 2_000_000;
const latencies = new Float64Array(capacity);

/** What to send: the given requests in turns, those of a world with tokens at random, or each token of a range once. */
function requestsOf({ requests, world, from = 0, count }) {
  if (requests !== undefined) {
    let turn = 0;
    return () => requests[turn++ % requests.length];
  }
  if (count === undefined) return () => requestOf(Math.floor(Math.random() * world.tokens), world);
  let next = from;
  return () => (next < from + count ? fillRequestOf(next++, world) : undefined);
}

const openAll = (job) =>
  Promise.all(Array.from({ length: job.connections }, () => Connection.open(job.target, job.expected)));

/**
 * Each connection sends its next request when it has its answer. Until the time is over, or nothing is left to send. A
 * patient job, which warms up, asks again where a gateway had no time for its key manager or a backend: others use this machine.
 */
async function closedLoop(job) {
  const next = requestsOf(job);
  const connections = await openAll(job);
  let count = 0;
  let open = connections.length;
  const began = performance.now();
  const end = job.seconds === undefined ? Number.POSITIVE_INFINITY : began + job.seconds * 1_000;
  const spin = spinning(job.spins);
  await new Promise((resolve, reject) => {
    const sendOn = (connection) => {
      const text = performance.now() < end ? next() : undefined;
      if (text === undefined) {
        open -= 1;
        if (open === 0) resolve();
        return;
      }
      sendOne(connection, text);
    };
    const sendOne = (connection, text) => {
      const sentAt = performance.now();
      connection.send(text, (error, answer) => {
        if (error && job.isPatient && answer?.status >= 500) {
          setTimeout(() => sendOne(connection, text), 20);
          return;
        }
        if (error) {
          reject(error);
          return;
        }
        if (count < capacity) latencies[count] = performance.now() - sentAt;
        count += 1;
        sendOn(connection);
      });
    };
    for (const connection of connections) sendOn(connection);
  }).finally(() => spin.stop());
  const seconds = (performance.now() - began) / 1_000;
  for (const connection of connections) connection.close();
  return { count, seconds, ...quantiles(count) };
}

/**
 * Requests at fixed times, whatever becomes of those before. A latency counts from the time at which its request was due,
 * also when no connection was free then: a server that stalls is not spared the requests of that time.
 */
async function openLoop(job) {
  const next = requestsOf(job);
  const idle = await openAll(job);
  const all = [...idle];
  const due = [];
  const total = Math.floor(job.rate * job.seconds);
  const gap = 1_000 / job.rate;
  let begun = 0;
  let count = 0;
  const began = performance.now();
  await new Promise((resolve, reject) => {
    let failed = false;
    const sendOn = (connection, dueAt) => {
      connection.send(next(), (error) => {
        if (error) {
          failed = true;
          reject(error);
          return;
        }
        if (count < capacity) latencies[count] = performance.now() - dueAt;
        count += 1;
        if (due.length > 0) sendOn(connection, due.shift());
        else idle.push(connection);
        if (count === total) resolve();
      });
    };
    const turn = () => {
      if (failed) return;
      const now = performance.now();
      while (begun < total && began + begun * gap <= now) {
        const dueAt = began + begun * gap;
        begun += 1;
        const connection = idle.pop();
        if (connection === undefined) due.push(dueAt);
        else sendOn(connection, dueAt);
      }
      // Timers are good for a millisecond; the core is ours.
      if (count < total) setImmediate(turn);
    };
    turn();
  });
  const seconds = (performance.now() - began) / 1_000;
  for (const connection of all) connection.close();
  return { count, seconds, ...quantiles(count) };
}

/** Keeps the event loop from sleeping, so that no wake-up by the kernel is a part of what is measured. */
function spinning(isOn) {
  let goesOn = isOn === true;
  const turn = () => goesOn && setImmediate(turn);
  turn();
  return {
    stop: () => {
      goesOn = false;
    },
  };
}

/** In microseconds. */
function quantiles(count) {
  const sorted = latencies.slice(0, Math.min(count, capacity)).sort();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 1_000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999) };
}

/** One request, to see what its answer looks like. */
async function once(job) {
  const connection = await Connection.open(job.target);
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer within 5 s')), 5_000);
      connection.send(job.request, (error, answer) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve(answer);
      });
    });
  } finally {
    connection.close();
  }
}

const kinds = { closed: closedLoop, open: openLoop, once };

process.on('message', async (job) => {
  try {
    process.send({ result: await kinds[job.kind](job) });
  } catch (error) {
    process.send({ problem: error.message });
  }
});
process.on('disconnect', () => process.exit());
process.send({ ready: true });
