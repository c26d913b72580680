import { prepareDatabaseImage } from './typeorm/embedded/database-image.js';

/** Run by the build, so that the first start of the embedded database is quick. */
await prepareDatabaseImage();
