import { join } from 'node:path';
import { repository } from '../support/cluster.mjs';
import { cpuOf, start } from '../support/processes.mjs';
import { table } from '../support/report.mjs';
import { digits, ratios, shuffled, spread } from '../support/statistics.mjs';

const ways = [
  ['store', 'our token store, a grant and a token each'],
  ['save', "TypeORM's `save` of the same two rows"],
  ['saveOne', "TypeORM's `save` of the token's row alone"],
];

/** Row 9: tokens per second into PostgreSQL, durable, all callers in one process. */
export async function store({ cluster, postgres, folder, rounds, seconds, warmUpSeconds, say, stops }) {
  const concurrency = 64;
  const worker = start(join(repository, 'bench/peers/store.mjs'), [], {
    cwd: repository,
    env: {
      BENCH_SETTINGS: JSON.stringify({
        checkout: cluster.checkout,
        databaseUrl: cluster.databaseUrl,
        clientId: cluster.client.id,
      }),
    },
    log: join(folder, 'store.log'),
  });
  stops.push(() => worker.stop());
  await worker.message();
  const ask = async (way, duration) => {
    const before = cpuOf(postgres.pid);
    worker.send({ way, seconds: duration, concurrency });
    const answer = await worker.message((duration + 60) * 1_000);
    const database = cpuOf(postgres.pid) - before;
    return {
      perSecond: answer.count / answer.seconds,
      micros: (answer.cpuSeconds / answer.count) * 1e6,
      databaseMicros: (database / answer.count) * 1e6,
    };
  };
  const measured = Object.fromEntries(ways.map(([way]) => [way, []]));
  for (const [way] of ways) await ask(way, warmUpSeconds);
  for (let round = 1; round <= rounds; round++) {
    for (const [way] of shuffled(ways)) {
      const result = await ask(way, seconds);
      measured[way].push(result);
      say(`store: round ${round}/${rounds} ${way}: ${digits(result.perSecond)} tokens/s`);
    }
  }
  await worker.stop();
  const numbers = (way, key) => measured[way].map((result) => result[key]);
  const rows = ways.map(([way, name]) => [
    name,
    spread(numbers(way, 'perSecond')),
    spread(numbers(way, 'micros')),
    spread(numbers(way, 'databaseMicros')),
  ]);
  const ratio = (way) => spread(ratios(numbers('store', 'perSecond'), numbers(way, 'perSecond')));
  return [
    table(['Way', 'Tokens/s', 'CPU µs per token', 'PostgreSQL CPU µs'], rows),
    '',
    `* **Against \`save\` of the same rows: ${ratio('save')}×**, against \`save\` of the token alone: ${ratio('saveOne')}×.`,
    `* ${concurrency} callers in one process, pool of 20 connections, fsync on.`,
  ].join('\n');
}
