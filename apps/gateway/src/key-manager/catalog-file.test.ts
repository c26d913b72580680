import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@keygate/common/testing';
import { EndpointSecurityType } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anApi, entitiesOf } from '../apis/test/catalog.js';
import { CatalogFile, catalogFileKey } from './catalog-file.js';

const privateKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const own = privateKey();
const security = {
  ...{ type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_BASIC, username: 'u', password: 'canary-password' },
  ...{ tokenUrl: '', clientId: '', clientSecret: '', grantType: '', parameters: '' },
};
const endpoint = { urls: ['http://b'], timeoutMillis: 0, trustedCertificates: [], security };
const snapshot = entitiesOf({ apis: [anApi({ productionEndpoint: endpoint })] }).toSnapshot();

let folder: TemporaryFolder;
let path: string;
let warnings: string[];

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'catalog.bin');
  warnings = [];
});

afterEach(() => folder.remove());

function file(environment = 'Default', key = own): CatalogFile {
  const logger = { warn: (_: unknown, text: string) => void warnings.push(text) } as never;
  return new CatalogFile(path, environment, catalogFileKey(key), logger);
}

async function saved(): Promise<Buffer> {
  const copy = file();
  copy.saveSoon(() => snapshot);
  await copy.flush();
  return readFile(path);
}

describe('the catalogue copy', () => {
  it('comes back as it was', async () => {
    await saved();
    expect((await file().load())?.apis).toMatchObject([{ productionEndpoint: { security } }]);
  });

  it('shows nothing of what is in it', async () => {
    const bytes = (await saved()).toString('latin1');
    for (const text of ['canary-password', 'PetStore', 'http://b']) expect(bytes).not.toContain(text);
  });

  it('is sealed anew with every write', async () => {
    expect(await saved()).not.toEqual(await saved());
  });

  it.each([
    ['of another gateway', () => file('Default', privateKey()).load()],
    ['of another environment', () => file('Other').load()],
  ])('%s counts as absent', async (_, load) => {
    await saved();
    expect(await load()).toBeUndefined();
    expect(warnings).toEqual(['the catalogue copy is damaged or of another gateway or environment and is ignored']);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['only begun', (bytes: Buffer) => bytes.subarray(0, 12)],
    ['changed', (bytes: Buffer) => bytes.fill(bytes.at(40) === 0 ? 1 : 0, 40, 41)],
    ['of the version without a seal', () => Buffer.concat([Buffer.from('KGCAT1\r\n'), Buffer.alloc(100)])],
    ['empty', () => Buffer.alloc(0)],
  ])('that is %s counts as absent', async (_, damage) => {
    await writeFile(path, damage(await saved()));
    expect(await file().load()).toBeUndefined();
  });

  it('that is not there is no problem', async () => {
    expect(await file().load()).toBeUndefined();
    expect(warnings).toEqual([]);
  });
});
