import { PortTaken } from '@keygate/common/lifecycle';
import type { BothConfigs } from '../configuration.js';
import { isTaken, type PortRow, portsInForce } from '../ports-in-force.js';

const offsetsToTry = 50;

/** Refuses to start anything when a port is taken: one line with the port, its setting, who has it and an offset that is free. */
export async function requireFreePorts(configs: BothConfigs, portOffset: number): Promise<void> {
  const rows = await portsInForce(configs);
  const taken = rows.filter((row) => row.taken);
  const [first] = taken;
  if (!first) return;
  const holders = taken.map(
    (row) => `port ${row.port} (${row.setting})${row.takenBy === undefined ? '' : ` by ${row.takenBy}`}`,
  );
  const advice = await freeOffset(rows, portOffset);
  throw new PortTaken(
    first.port,
    first.setting,
    `taken: ${holders.join(', ')}; free ${taken.length > 1 ? 'them' : 'it'} or try --port-offset ${advice}`,
  );
}

async function freeOffset(rows: readonly PortRow[], portOffset: number): Promise<number> {
  for (let more = 1; more <= offsetsToTry; more++) {
    const taken = await Promise.all(rows.map((row) => row.port !== 0 && isTaken(row.port + more, row.address)));
    if (!taken.some(Boolean)) return portOffset + more;
  }
  return portOffset + offsetsToTry;
}
