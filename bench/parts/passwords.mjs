import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { repository } from '../support/cluster.mjs';
import { Load } from '../support/load.mjs';
import { cpuOf, start } from '../support/processes.mjs';
import { table } from '../support/report.mjs';
import { digits, ratios, spread } from '../support/statistics.mjs';
import { passwordForm } from './requests.mjs';

/** The key manager's defaults. */
const cost = { memoryKib: 19_456, iterations: 2 };

/** Node measures the delay as the lateness of a timer, and counts the time that the timer waits anyway. */
const timerMillis = 10;

/** The event loop's delay since the last time it was asked, in milliseconds, as the key manager itself reports it. */
async function loopDelay(cluster) {
  const text = await (await fetch(cluster.urls.keyManagerMetrics)).text();
  const seconds = /^nodejs_eventloop_lag_p99_seconds(?:{[^}]*})? (\S+)/m.exec(text)?.[1];
  return Number(seconds) * 1_000 - timerMillis;
}

const shares = (alone, grants) => [spread(alone), spread(grants), spread(ratios(grants, alone))];

/** Row 10: password grants against nothing but argon2id on the same cores, in turns. */
export async function passwords({ cluster, folder, rounds, seconds, warmUpSeconds, say, stops }) {
  const cores = availableParallelism();
  const argon2 = start(join(repository, 'bench/peers/argon2.mjs'), [], {
    cwd: repository,
    env: { BENCH_SETTINGS: JSON.stringify(cost), UV_THREADPOOL_SIZE: String(cores) },
    log: join(folder, 'argon2.log'),
  });
  stops.push(() => argon2.stop());
  await argon2.message();
  const form = passwordForm(cluster);
  const load = new Load({
    origin: cluster.urls.gateway,
    ca: cluster.ca,
    connections: cores * 4,
    request: () => form,
    answered: (text) => {
      if (!text.includes('"access_token"')) throw new Error(`login answered ${text}`);
    },
  });
  await load.run(warmUpSeconds);
  const pure = [];
  const grants = [];
  const purePerCpu = [];
  const grantsPerCpu = [];
  const delays = [];
  for (let round = 1; round <= rounds; round++) {
    const argon2Before = cpuOf(argon2.pid);
    argon2.send({ seconds });
    const { count: checks, perSecond } = await argon2.message((seconds + 30) * 1_000);
    pure.push(perSecond);
    purePerCpu.push(checks / (cpuOf(argon2.pid) - argon2Before));
    await loopDelay(cluster);
    const before = cpuOf(cluster.processes()['key manager']);
    const { count, seconds: took } = await load.run(seconds);
    const cpu = cpuOf(cluster.processes()['key manager']) - before;
    delays.push(await loopDelay(cluster));
    grants.push(count / took);
    grantsPerCpu.push(count / cpu);
    say(
      `passwords: round ${round}/${rounds}: ${digits(grants.at(-1))} grants/s of ${digits(pure.at(-1))} argon2id/s, ` +
        `loop delay p99 ${digits(delays.at(-1))} ms`,
    );
  }
  await load.close();
  await argon2.stop();
  return [
    table(
      ['', 'argon2id alone', 'Password grants', 'Share'],
      [
        ['per CPU second of its process, key manager', ...shares(purePerCpu, grantsPerCpu)],
        ['per second, all processes on the same cores', ...shares(pure, grants)],
      ],
    ),
    '',
    `* **Share of the key manager's cores: ${spread(ratios(grantsPerCpu, purePerCpu))}.** Event loop delay p99 ${spread(delays)} ms.`,
    `* argon2id with ${cost.memoryKib} KiB and ${cost.iterations} passes, ${cores} at once on ${cores} cores; ${cores * 4} connections.`,
    '* The delay is that of `nodejs_eventloop_lag_p99_seconds` less the 10 ms that its timer waits.',
  ].join('\n');
}
