import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoFacts } from '@keygate/key-manager/admin';

/** Facts for scripts about a running `keygate up`; the demo members are there only with demo data. */
export interface QuickstartFacts {
  readonly pid: number;
  readonly portOffset: number;
  readonly tokenUrl: string;
  readonly revokeUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayHttpUrl: string;
  /** With TLS, and without. */
  readonly webSocketUrls: readonly [string, string];
  readonly managementUrl: string;
  readonly consumerKey?: string;
  readonly consumerSecret?: string;
  readonly username?: string;
  readonly password?: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
  readonly caFile: string;
  readonly sampleApi?: DemoFacts['api'];
}

const fileOf = (dataDir: string) => join(dataDir, 'quickstart.json');

/** Written complete or not at all, readable by the owner only: it holds passwords. */
export function writeQuickstart(dataDir: string, facts: QuickstartFacts): void {
  const draft = `${fileOf(dataDir)}.${process.pid}.draft`;
  writeFileSync(draft, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileOf(dataDir));
}

/** Removes our own file; one that a later `keygate up` wrote is left alone. */
export function removeQuickstart(dataDir: string): void {
  if (ownerOf(dataDir) === process.pid) rmSync(fileOf(dataDir), { force: true });
}

/** Refuses a data folder that a running `keygate up` uses, and clears what a killed one left behind. */
export function claimDataDir(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const owner = ownerOf(dataDir);
  if (owner !== undefined && owner !== process.pid && isSupervisor(owner)) {
    const advice = 'stop it, or choose another --port-offset or --data-dir';
    throw new Error(`${dataDir} is used by a running cluster (process ${owner}); ${advice}`);
  }
  rmSync(fileOf(dataDir), { force: true });
}

function ownerOf(dataDir: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The process lives and looks like ours: process ids are used again after a reboot. */
function isSupervisor(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes('up') || words.some((word) => word.endsWith('start.mjs'));
  } catch {
    return true;
  }
}
