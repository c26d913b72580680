import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

// Each of them is killed when this process ends.
process.setMaxListeners(100);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

// USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

/** Fields of /proc/<pid>/stat from the third on: the second is a name that may hold blanks. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // It ended while we looked.
  }
}

/** User and system time of a process with all its threads, in seconds; with the children it has buried, if asked. */
function cpuSeconds(pid, withDead) {
  const stat = statOf(pid);
  if (stat === undefined) return 0;
  return stat.slice(11, withDead ? 15 : 13).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

function withDescendants(pid) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(name)?.[1])]);
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

/**
 * Seconds of CPU that a process and everything it started have used so far. PostgreSQL's backends come and go: those
 * that are gone are counted with their parent.
 */
export function cpuOf(pid) {
  return withDescendants(pid).reduce((sum, member) => sum + cpuSeconds(member, true), 0);
}

/** Starts a Node process whose output goes to a file, as it would in production: nobody reads along. */
export function start(file, args, { execArgv = [], ...options }) {
  return startProgram(process.execPath, [...execArgv, file, ...args], options);
}

/** The same with any program. `core` holds it and all that it starts to one core of the machine. */
export function startProgram(command, args, { env, cwd, log, core }) {
  const output = openSync(log, 'a');
  const pinned = core === undefined ? [command, ...args] : ['taskset', '-c', String(core), command, ...args];
  const child = spawn(pinned[0], pinned.slice(1), {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env },
    stdio: ['ignore', output, output, 'ipc'],
  });
  closeSync(output);
  // A program such as nginx has to take its own workers with it.
  const killAtExit = () => child.kill(command === process.execPath ? 'SIGKILL' : 'SIGTERM');
  process.on('exit', killAtExit);
  const name = [command, ...args].join(' ');
  const messages = [];
  child.on('message', (message) => messages.push(message));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const fail = () => new Error(`${name} ended:\n${readFileSync(log, 'utf8').slice(-3_000)}`);
  return {
    pid: child.pid,
    send: (message) => child.send(message),
    /** The first message that has arrived or arrives. */
    async message(timeoutMillis = 60_000) {
      for (const end = Date.now() + timeoutMillis; Date.now() < end; await pause(10)) {
        if (messages.length > 0) return messages.shift();
        if (child.exitCode !== null) throw fail();
      }
      throw new Error(`${name} said nothing for ${timeoutMillis / 1_000} s`);
    },
    async until(probe, timeoutMillis = 60_000) {
      for (const end = Date.now() + timeoutMillis; Date.now() < end; await pause(50)) {
        if (await probe()) return;
        if (child.exitCode !== null) throw fail();
      }
      throw new Error(
        `${name} was not ready within ${timeoutMillis / 1_000} s:\n${readFileSync(log, 'utf8').slice(-3_000)}`,
      );
    },
    async stop() {
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
      clearTimeout(timer);
      process.off('exit', killAtExit);
    },
  };
}
