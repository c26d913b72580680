import { createLogger } from '@keygate/common/logging';
import { prepareDatabaseImage } from './embedded-image.js';

/** Run by the build, so that the first start of the embedded database is quick. */
await prepareDatabaseImage(createLogger({ name: 'prepare', level: 'warn', format: 'auto' }));
