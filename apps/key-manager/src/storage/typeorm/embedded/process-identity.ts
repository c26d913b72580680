import { readFileSync, readlinkSync } from 'node:fs';

/** Tells a process from another one that has its number later, or in another container or after a reboot. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time in clock ticks since the boot; unknown outside Linux. */
  readonly startedAt?: string | undefined;
  /** Boot and process-number space; two processes can judge each other only when these are the same. */
  readonly space: string;
}

export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!isRunning(pid)) return undefined;
  return { pid, startedAt: startOf(pid), space: ownSpace() };
}

/** Whether the process still runs; undefined when that cannot be seen from here. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.space !== ownSpace()) return undefined;
  return isRunning(identity.pid) && startOf(identity.pid) === identity.startedAt;
}

function ownSpace(): string {
  const bootId = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pidSpace = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return [process.platform, bootId, pidSpace].join(' ');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function startOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The name in parentheses may hold blanks; after it the start time is field 22 of 52 (proc_pid_stat(5)).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
