import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '@keygate/common/logging';
import { migrateStorage } from './open-storage.js';
import { imageFolder, isDatabase } from './typeorm/embedded/database-image.js';

/** Makes the image of the embedded database unless it is there, and removes those of other versions. */
export async function prepareDatabaseImage(logger: Logger): Promise<void> {
  const image = imageFolder();
  if (isDatabase(image)) return;
  const own = `${image}.${randomUUID()}`;
  try {
    await migrateStorage({ dataDir: own, poolSize: 1, logger });
    await removeOlder(image);
    await rename(join(own, 'database'), image);
  } catch (error) {
    // Another process was first.
    if (!isDatabase(image)) throw error;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function removeOlder(image: string): Promise<void> {
  const older = (await readdir(dirname(image))).filter(
    (name) => /^database-image-[\w.]+$/.test(name) && name !== basename(image),
  );
  for (const name of older) await rm(join(dirname(image), name), { recursive: true, force: true });
}
