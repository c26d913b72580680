import type { SettingLeaf } from './settings-of.js';

const highestPort = 65_535;

/** Whether a setting is a listening port, that is a number directly under a `listeners` group. */
export function isListeningPort(leaf: SettingLeaf): boolean {
  const { type } = leaf.type._zod.def as { type: string };
  return leaf.path.at(-2) === 'listeners' && (type === 'number' || type === 'int');
}

/** The port to listen on. 0 stays 0: it asks the operating system for any free port. */
export function withOffset(port: number, offset: number): number {
  return port === 0 ? 0 : port + offset;
}

/** What is wrong with a port after the offset was added, or undefined. */
export function portProblem(port: number, offset: number): string | undefined {
  const sum = withOffset(port, offset);
  if (sum <= highestPort) return undefined;
  return `${port} plus the port offset ${offset} is ${sum}, and the highest port is ${highestPort}`;
}
