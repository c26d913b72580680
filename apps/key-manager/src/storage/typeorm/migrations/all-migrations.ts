import { InitialSchema1763800000000 } from './001-initial-schema.js';

/** In order. A migration that was released is never changed; a correction is the next one. */
export const allMigrations = [InitialSchema1763800000000];
