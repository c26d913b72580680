import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@keygate/common/testing';
import { type Backend, startBackend } from './backend.js';
import { type AdministeredCluster, caFileOf, type Role, startGateway, startKeyManager } from './cluster.js';
import { createApplication, generateKeys, subscribe } from './management-client.js';
import { freeOffset } from './ports.js';
import { type Finished, run } from './processes.js';
import { type Provisioned, provision } from './provision.js';
import { basic } from './token-client.js';

/** Where clients are sent back to. Nobody listens there: the user agent of the tests stops at it. */
const redirectUri = 'https://client.example/callback';

const everyGrant = [
  'authorization_code',
  'password',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
];

/** What a client of another maker got from its flows, by name. */
export type Flows = Readonly<Record<string, Readonly<Record<string, unknown>> | string | number | boolean>>;

/** One cluster and everything that clients of other makers need to use it. */
export class InteropWorld {
  private constructor(
    readonly settings: AdministeredCluster,
    readonly keyManager: Role,
    readonly gateway: Role,
    readonly cluster: Provisioned,
    readonly backend: Backend,
    /** What the scripts in `e2e/interop` are handed. */
    readonly facts: Readonly<Record<string, unknown>>,
  ) {}

  static async start(): Promise<InteropWorld> {
    const started: (() => Promise<unknown>)[] = [];
    try {
      return await InteropWorld.startParts(started);
    } catch (error) {
      // Nothing stays behind when a part does not come up.
      await Promise.all(started.map((stop) => stop()));
      throw error;
    }
  }

  private static async startParts(started: (() => Promise<unknown>)[]): Promise<InteropWorld> {
    const backend = await startBackend();
    started.push(() => backend.close());
    const settings = {
      dataDir: temporaryFolder().path,
      offset: await freeOffset(1),
      adminPassword: 'canary-admin-password-7',
    };
    const keyManager = await startKeyManager(settings);
    started.push(() => keyManager.process.stop());
    const gateway = await startGateway(settings, settings.offset, [keyManager]);
    started.push(() => gateway.process.stop());
    const cluster = await provision(settings, keyManager, backend, 'interop');
    const facts = {
      issuer: `${keyManager.url}/oauth2/token`,
      keyManager: keyManager.url,
      gateway: gateway.url,
      resource: `${gateway.url}${cluster.path}`,
      username: 'admin',
      password: settings.adminPassword,
      redirectUri,
      node: process.execPath,
      logIn: script('log-in.mjs'),
      ...(await registerClients(cluster)),
      ...(await registerKeyedClient(cluster.client, keyManager, settings.adminPassword)),
    };
    return new InteropWorld(settings, keyManager, gateway, cluster, backend, facts);
  }

  async stop(): Promise<void> {
    this.cluster.client.close();
    await Promise.all([this.gateway.process.stop(), this.keyManager.process.stop(), this.backend.close()]);
  }

  /** Runs one of the scripts with the certificate authority of the cluster as the only setting. */
  async runClient(name: string): Promise<Flows> {
    const isPython = name.endsWith('.py');
    // Debian's own Python, which sees Debian's packages.
    const command = isPython ? '/usr/bin/python3' : process.execPath;
    const caFile = caFileOf(this.settings.dataDir);
    const finished: Finished = await run(command, [script(name)], {
      name,
      watch: false,
      env: { KEYGATE: JSON.stringify(this.facts), NODE_EXTRA_CA_CERTS: caFile, REQUESTS_CA_BUNDLE: caFile },
    });
    const answer = finished.output.trim().split('\n').at(-1) ?? '';
    if (finished.code !== 0 || !answer.startsWith('{')) {
      throw new Error(`${name} ended with ${finished.code}: ${finished.output}`);
    }
    return JSON.parse(answer) as Flows;
  }
}

const script = (name: string) => fileURLToPath(new URL(`../interop/${name}`, import.meta.url));

async function registerClients({ rest, apiId }: Provisioned) {
  const own = async (name: string, tokenType: string, wanted: Readonly<Record<string, unknown>>) => {
    const applicationId = await createApplication(rest, name, tokenType);
    await subscribe(rest, applicationId, apiId);
    return generateKeys(rest, applicationId, 'PRODUCTION', wanted);
  };
  const web = await own('web', 'OAUTH', { grantTypesToBeSupported: everyGrant, callbackUrl: redirectUri });
  const native = await own('native', 'OAUTH', {
    grantTypesToBeSupported: everyGrant,
    callbackUrl: redirectUri,
    additionalProperties: { bypassClientCredentials: 'true', pkceMandatory: 'true' },
  });
  const jwt = await own('jwt', 'JWT', {});
  return {
    clientId: web.consumerKey,
    clientSecret: web.consumerSecret,
    publicClientId: native.consumerKey,
    jwtClientId: jwt.consumerKey,
    jwtClientSecret: jwt.consumerSecret,
  };
}

/** A client that proves itself by its key, registered as RFC 7591 has it. */
async function registerKeyedClient(client: Provisioned['client'], keyManager: Role, adminPassword: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = 'interop';
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  const answer = await client.call(`${keyManager.url}/oauth2/register`, {
    method: 'POST',
    headers: { Authorization: basic('admin', adminPassword), 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_name: 'keyed',
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicJwk] },
    }),
  });
  if (answer.status !== 201) throw new Error(`registration answered ${answer.status}: ${answer.text}`);
  return {
    keyedClientId: answer.json<{ client_id: string }>().client_id,
    privateJwk: { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256' },
  };
}
