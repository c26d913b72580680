import { randomUUID } from 'node:crypto';
import { constants, cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

/**
 * An empty database, ready to be copied: making one takes PGlite several seconds of processor time, copying it a
 * fraction of one. It lies in the build folder and is made by the build.
 */
export const imageFolder = (): string =>
  fileURLToPath(new URL(`../../../../dist/database-image-${pgliteVersion()}`, import.meta.url));

/** Makes the image unless it is there. Several processes may do so at once. */
export async function prepareDatabaseImage(): Promise<void> {
  const folder = imageFolder();
  if (isDatabase(folder)) return;
  const own = `${folder}.${randomUUID()}`;
  await mkdir(own, { recursive: true, mode: 0o700 });
  try {
    await (await PGlite.create(own)).close();
    await rename(own, folder);
  } catch (error) {
    if (!isDatabase(folder)) throw error;
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

/** Makes a database in the folder unless it is there: all of it or, when the process is killed meanwhile, nothing. */
export async function createDatabaseFolder(folder: string): Promise<void> {
  if (isDatabase(folder)) return;
  const image = imageFolder();
  const unfinished = `${folder}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  // The synchronous copy takes half of what the other one does, and nothing else runs yet.
  if (isDatabase(image)) cpSync(image, unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE });
  else await (await PGlite.create(unfinished)).close();
  await rename(unfinished, folder);
}

const isDatabase = (folder: string): boolean => existsSync(join(folder, 'PG_VERSION'));

/** The image belongs to one version: another one may lay its files out differently. */
function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = readFileSync(join(dirname(dirname(entry)), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
