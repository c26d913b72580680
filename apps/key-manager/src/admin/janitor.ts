import type { Logger } from '@keygate/common/logging';
import type { KeyManagerConfig } from '../config/key-manager.config.js';
import { withExistingDatabase } from './database.js';

const batchRows = 1_000;

/** Sweeps until nothing is left and answers how many rows went. */
export function sweepAll(
  config: KeyManagerConfig,
  logger: Logger,
  onProgress: (rows: number) => void,
): Promise<number> {
  return withExistingDatabase(config, logger, async ({ storage }) => {
    let total = 0;
    for (;;) {
      const rows = await storage.janitor.sweepExpired(batchRows);
      if (rows === 0) return total;
      total += rows;
      onProgress(total);
    }
  });
}
