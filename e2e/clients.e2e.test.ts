import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TemporaryFolder, temporaryFolder, waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, startBackend } from './support/backend.js';
import { curl, paste } from './support/curl.js';
import {
  createApi,
  createApplication,
  deploy,
  devportal,
  management,
  publish,
  subscribe,
} from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { run } from './support/processes.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { basic, remember, type TokenAnswer } from './support/token-client.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'docs/clients.md'), 'utf8');

/** The commands of the page, each with the heading above it. */
const blocks = [...page.matchAll(/^##+ (.+)$|^```sh\n([\s\S]*?)^```$/gm)].reduce<{ title: string; commands: string }[]>(
  (found, [, heading, commands]) => {
    if (heading !== undefined) found.push({ title: heading, commands: '' });
    else if (found.length === 0) found.push({ title: '', commands: commands ?? '' });
    else (found.at(-1) as { commands: string }).commands += commands;
    return found;
  },
  [],
);
const [setUp, ...examples] = blocks.filter(({ commands }) => commands !== '');

let quickstart: Quickstart;
beforeAll(async () => {
  quickstart = await startQuickstart();
});
afterAll(() => quickstart?.stop());

describe('docs/clients.md, pasted into a shell', () => {
  it('has the commands for every kind of client', () => {
    expect(examples.map(({ title }) => title)).toEqual([
      'With a secret',
      'Without one: browsers and phones',
      'With a private key',
      'With a certificate',
      'Tokens bound to a key: DPoP',
      'Change and delete a registration',
    ]);
  });

  it.each(examples)('$title', async ({ commands }) => {
    const { facts, dataDir } = quickstart;
    const given = {
      KM: facts.managementUrl,
      GATEWAY: facts.gatewayUrl,
      CA: facts.caFile,
      ADMIN_PASSWORD: facts.adminPassword,
    };
    const exports = Object.entries(given).map(([name, value]) => `export ${name}='${value}'`);
    // Certificates that an example makes stay out of the clone.
    const inFolder = commands.replaceAll(/report\.(key|crt)/g, `${dataDir}/report.$1`);
    await paste(['set -euo pipefail', `cd '${root}'`, ...exports, setUp?.commands, inFolder].join('\n'));
  });
});

describe('an application whose client has a certificate', () => {
  let backend: Backend;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    backend = await startBackend('production');
    folder = temporaryFolder();
  });
  afterAll(async () => {
    await backend?.close();
    folder?.remove();
  });

  const shownBy = (name: string) => [
    ...['--cacert', quickstart.facts.caFile],
    ...['--cert', join(folder.path, `${name}.crt`), '--key', join(folder.path, `${name}.key`)],
  ];
  const certificate = async (name: string) => {
    const files = ['-keyout', join(folder.path, `${name}.key`), '-out', join(folder.path, `${name}.crt`)];
    const kind = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-noenc',
      '-days',
      '1',
      '-subj',
      `/CN=${name}`,
    ];
    const made = await run('openssl', ['req', '-x509', ...kind, ...files], { name: 'openssl', watch: false });
    expect(made.code).toBe(0);
    return new X509Certificate(readFileSync(join(folder.path, `${name}.crt`)));
  };

  it('calls APIs with tokens that a thief cannot use', async () => {
    const { facts, client } = quickstart;
    const own = await certificate('own');
    await certificate('thief');
    const registered = await client.call(`${facts.managementUrl}/oauth2/register`, {
      method: 'POST',
      headers: { Authorization: basic('admin', facts.adminPassword), 'Content-Type': 'application/json' },
      body: JSON.stringify({
        grant_types: ['client_credentials'],
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        jwks: { keys: [own.publicKey.export({ format: 'jwk' })] },
        tls_client_certificate_bound_access_tokens: true,
      }),
    });
    expect(registered.status).toBe(201);
    const { client_id: consumerKey } = registered.json<{ client_id: string }>();
    const rest = await management(client, facts.managementUrl, 'admin', facts.adminPassword);
    const api = await createApi(rest, {
      name: 'bound',
      context: '/bound',
      backendUrl: backend.url,
      operations: [{ target: '/items', verb: 'GET' }],
    });
    await deploy(rest, api);
    await publish(rest, api);
    const applicationId = await createApplication(rest, 'bound');
    const mapped = { consumerKey, keyType: 'PRODUCTION' };
    await rest.ok('POST', `${devportal}/applications/${applicationId}/map-keys`, mapped);
    await subscribe(rest, applicationId, api.id);

    const form = ['-d', `grant_type=client_credentials&client_id=${consumerKey}`, facts.tokenUrl];
    expect((await curl([...shownBy('thief'), ...form])).status).toBe(401);
    const granted = await curl([...shownBy('own'), ...form]);
    expect(granted.status).toBe(200);
    const { access_token: token } = remember(JSON.parse(granted.body) as TokenAnswer);
    const call = async (tls: readonly string[]) => {
      const answer = await curl([
        ...tls,
        '-H',
        `Authorization: Bearer ${token}`,
        `${facts.gatewayUrl}/bound/1.0.0/items`,
      ]);
      return answer.status;
    };
    await waitUntil(async () => (await call(shownBy('own'))) === 200, { what: 'the API to be called' });
    expect(await call(shownBy('thief'))).toBe(401);
    expect(await call(['--cacert', facts.caFile])).toBe(401);
  });
});

describe('after all that', () => {
  noSecretIsPrinted();
});
