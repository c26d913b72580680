import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createLogger } from '@keygate/common/logging';
import { temporaryFolder } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareDatabaseImage } from '../../embedded-image.js';
import { createDatabaseFolder, imageFolder } from './database-image.js';

describe('the image of an empty database', () => {
  const folder = temporaryFolder();

  // The build has made it; otherwise this takes seconds.
  beforeAll(() => prepareDatabaseImage(createLogger({ name: 'test', level: 'error', format: 'json' })));
  afterAll(() => folder.remove());

  it('is there, and nothing unfinished beside it', () => {
    expect(existsSync(join(imageFolder(), 'PG_VERSION'))).toBe(true);
  });

  it('becomes a database that works, in the place of what a killed process left half made', async () => {
    const database = join(folder.path, 'database');
    mkdirSync(`${database}.new`);
    writeFileSync(join(`${database}.new`, 'PG_VERSION'), 'half');
    await createDatabaseFolder(database);
    expect(existsSync(`${database}.new`)).toBe(false);
    const pglite = await PGlite.create(database);
    expect((await pglite.query('select count(*)::int as count from users')).rows).toEqual([{ count: 0 }]);
    await pglite.close();
  });

  it('is never in the way of a database that is there', async () => {
    const database = join(folder.path, 'kept');
    await createDatabaseFolder(database);
    const pglite = await PGlite.create(database);
    await pglite.exec('create table kept ()');
    await pglite.close();
    await createDatabaseFolder(database);
    const again = await PGlite.create(database);
    expect((await again.query(`select to_regclass('kept') is not null as kept`)).rows).toEqual([{ kept: true }]);
    await again.close();
  });
});
