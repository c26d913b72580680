import { cpuOf } from '../support/processes.mjs';
import { digits, shuffled } from '../support/statistics.mjs';

/**
 * Lets contenders take turns, each round in another order, and counts the CPU of everything that serves meanwhile.
 * A contender is `{ name, job, processes }`; what its job measured comes back, round by round, by name.
 */
export async function turns({ title, contenders, generator, rounds, warmUpSeconds, say, shown }) {
  const measured = new Map(contenders.map(({ name }) => [name, []]));
  for (const { name, job } of contenders) {
    say(`${title}: warming up ${name}`);
    await generator.run({ ...job, name, kind: 'closed', seconds: warmUpSeconds, isPatient: true });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { name, job, processes } of shuffled(contenders)) {
      const groups = Object.entries(processes());
      const before = groups.map(([, pid]) => cpuOf(pid));
      const result = await generator.run({ ...job, name });
      const used = groups.map(([label, pid], index) => [label, ((cpuOf(pid) - before[index]) / result.count) * 1e6]);
      const micros = used.reduce((sum, [, one]) => sum + one, 0);
      measured
        .get(name)
        .push({ ...result, perSecond: result.count / result.seconds, micros, parts: Object.fromEntries(used) });
      say(`${title}: round ${round}/${rounds} ${name}: ${shown(measured.get(name).at(-1))}`);
    }
  }
  return measured;
}

export const shownCpu = ({ micros, perSecond }) => `${digits(micros)} µs CPU per request, ${digits(perSecond)}/s`;
export const shownLatency = ({ p50, p99 }) => `p50 ${digits(p50)} µs, p99 ${digits(p99)} µs`;
