import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const listening = '0A';

/** `name (pid)` of the process that listens on a TCP port, from /proc; undefined where that cannot be read. */
export function portHolder(port: number): string | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => inodesOf(file, port)));
  if (inodes.size === 0) return undefined;
  const pid = numericEntries('/proc').find((entry) => holdsOne(entry, inodes));
  return pid === undefined ? undefined : `${nameOf(pid)} (${pid})`;
}

function inodesOf(file: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return read(file)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) && fields[3] === listening)
    .flatMap((fields) => fields[9] ?? []);
}

function holdsOne(pid: string, inodes: ReadonlySet<string>): boolean {
  return numericEntries(`/proc/${pid}/fd`).some((fd) => {
    try {
      const socket = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`));
      return socket?.[1] !== undefined && inodes.has(socket[1]);
    } catch {
      return false;
    }
  });
}

/** The program with its first argument, which tells two Node processes apart. */
function nameOf(pid: string): string {
  const [program = '', script = '', command = ''] = read(`/proc/${pid}/cmdline`).split('\0');
  const isOurs = /apps\/cli\/dist\/main\.js$|\/keygate$/.test(script);
  return isOurs ? `keygate ${command}`.trim() : (program.split('/').at(-1) ?? program);
}

function numericEntries(folder: string): string[] {
  try {
    return readdirSync(folder).filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
