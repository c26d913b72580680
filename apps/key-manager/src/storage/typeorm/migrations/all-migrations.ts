import { InitialSchema1763800000000 } from './001-initial-schema.js';
import type { WrittenMigration } from './written-migration.js';

/** In order. A migration that was released is never changed; a correction is the next one. */
export const allMigrations: readonly (new () => WrittenMigration)[] = [InitialSchema1763800000000];
