import { readFileSync } from 'node:fs';
import type { Role } from './cluster.js';

export function residentMiB({ process: { pid } }: Role): number {
  const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kibibytes) / 1_024);
}

/** Runs something and answers the most that a process held meanwhile, MiB. */
export async function peakMiB(role: Role, action: () => Promise<void>): Promise<number> {
  let peak = residentMiB(role);
  const look = setInterval(() => {
    peak = Math.max(peak, residentMiB(role));
  }, 100);
  await action().finally(() => clearInterval(look));
  return Math.max(peak, residentMiB(role));
}
