import { availableParallelism } from 'node:os';

/** How many processes serve: `auto` is one for each core that this process may use. */
export function workerCount(setting: number | 'auto', cores = availableParallelism()): number {
  return setting === 'auto' ? Math.max(1, cores) : setting;
}
