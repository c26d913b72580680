import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@keygate/common/logging';
import { afterAll, expect, it } from 'vitest';
import { aConsumerKey, anApi, entitiesOf } from '../apis/test/catalog.js';
import { CatalogFile } from './catalog-file.js';

const folder = mkdtempSync(join(tmpdir(), 'catalog-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

it('gives back a catalogue that was written in many pieces', async () => {
  const apis = Array.from({ length: 1_201 }, (_, n) => anApi({ id: `api-${n}`, effectiveContext: `/api${n}/1` }));
  const consumerKeys = Array.from({ length: 999 }, (_, n) => aConsumerKey({ consumerKey: `key-${n}` }));
  const snapshot = { ...entitiesOf({ apis, consumerKeys }).toSnapshot(), revision: 42 };
  const file = new CatalogFile(join(folder, 'copy.bin'), 'Default', Buffer.alloc(32, 1), logger);
  file.saveSoon(() => snapshot);
  await file.flush();
  expect(await file.load()).toEqual(snapshot);
});
