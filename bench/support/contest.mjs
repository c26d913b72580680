import { cpuOf } from './processes.mjs';
import { digits, quantile, shuffled, summary } from './statistics.mjs';

const db = 'PostgreSQL';

/**
 * Lets contenders run in turns within one run, each round in another order, and counts the CPU that every serving
 * process used meanwhile. The load generator's own CPU is nobody's.
 */
export async function contest({ title, contenders, rounds, seconds, warmUpSeconds, say }) {
  const measured = new Map(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) {
    say(`${title}: warming up ${contender.name}`);
    await contender.load.run(warmUpSeconds);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const contender of shuffled(contenders)) {
      const result = await measure(contender, seconds);
      measured.get(contender.name).push(result);
      say(
        `${title}: round ${round}/${rounds} ${contender.name}: ${digits(result.perCpuSecond)} per CPU second ` +
          `(${digits(result.perCpuSecondWithoutDb)} without PostgreSQL), ${digits(result.perSecond)}/s`,
      );
    }
  }
  return measured;
}

async function measure({ load, processes, verify }, seconds) {
  const groups = Object.entries(processes());
  const before = groups.map(([, pid]) => cpuOf(pid));
  const { count, seconds: took, latencies } = await load.run(seconds);
  const used = Object.fromEntries(groups.map(([label, pid], index) => [label, cpuOf(pid) - before[index]]));
  await verify?.();
  const all = Object.values(used).reduce((sum, one) => sum + one, 0);
  return {
    count,
    perSecond: count / took,
    perCpuSecond: count / all,
    perCpuSecondWithoutDb: count / (all - (used[db] ?? 0)),
    /** Microseconds of CPU per request, by process. */
    micros: Object.fromEntries(Object.entries(used).map(([label, cpu]) => [label, (cpu / count) * 1e6])),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}

/** One number of every round of a contender. */
export const series = (measured, name, key) => measured.get(name).map((result) => result[key]);

/** The medians of CPU microseconds per request, as `gateway 210 + key manager 180 + PostgreSQL 60`. */
export function costs(measured, name) {
  const rounds = measured.get(name);
  const labels = Object.keys(rounds[0].micros);
  return labels
    .map((label) => `${label} ${digits(summary(rounds.map(({ micros }) => micros[label])).median)}`)
    .join(' + ');
}
