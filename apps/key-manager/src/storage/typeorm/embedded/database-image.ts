import { createHash } from 'node:crypto';
import { constants, cpSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { allMigrations } from '../migrations/all-migrations.js';

/**
 * Where the build puts a database that is migrated and otherwise empty, ready to be copied: making one takes PGlite
 * many seconds of processor time, copying it about one. One image per version of PGlite and of the schema.
 */
export function imageFolder(): string {
  const digest = createHash('sha256').update(pgliteVersion());
  for (const Migration of allMigrations) digest.update(JSON.stringify(new Migration().statements));
  const name = `database-image-${digest.digest('hex').slice(0, 12)}`;
  return fileURLToPath(new URL(`../../../../dist/${name}`, import.meta.url));
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

export const isDatabase = (folder: string): boolean => existsSync(join(folder, 'PG_VERSION'));

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const manifest = readFileSync(join(dirname(dirname(entry)), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
