import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { files, read } from './repository.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number | boolean>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: Readonly<Record<string, unknown>>;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const keygateServices = services.filter(([, service]) => service.image === 'keygate');
const roles = keygateServices.filter(([name]) => name !== 'certificates');

describe('docker-compose.yml', () => {
  it('is valid by the Compose specification', () => {
    const { $schema, ...schema } = JSON.parse(read('node_modules/dclint/schemas/compose.schema.json'));
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('starts PostgreSQL, Redis, two key managers and two gateways', () => {
    expect(Object.keys(compose.services)).toEqual([
      'postgres',
      'redis',
      'certificates',
      'key-manager-1',
      'key-manager-2',
      'gateway-1',
      'gateway-2',
    ]);
    expect(roles.map(([, service]) => service.command)).toEqual([
      ['key-manager'],
      ['key-manager'],
      ['gateway'],
      ['gateway'],
    ]);
  });

  it('has no default password: every secret is required from outside', () => {
    for (const name of ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'KEYGATE_ADMIN_PASSWORD', 'KEY_MANAGER_SECRET_KEY']) {
      const uses = [...text.matchAll(new RegExp(`\\$\\{${name}([^}]*)\\}`, 'g'))];
      expect(uses.length, name).toBeGreaterThan(0);
      for (const use of uses) {
        expect(use[1], name).toMatch(/^:\?/);
      }
    }
  });

  it('uses only settings that exist', () => {
    const settings = read('.env.example');
    for (const [name, { environment }] of roles) {
      for (const variable of Object.keys(environment ?? {})) {
        expect(settings, `${variable} of ${name}`).toMatch(new RegExp(`\\b${variable}=`));
      }
    }
  });

  it('checks the health of everything that runs on', () => {
    for (const name of ['postgres', 'redis']) {
      expect(compose.services[name]?.healthcheck, name).toHaveProperty('test');
    }
    expect(read('Dockerfile')).toMatch(/^HEALTHCHECK /m);
    for (const [name, service] of roles) {
      expect(service.healthcheck, `${name} uses the image's own`).toBeUndefined();
    }
  });

  it('names only services and volumes that exist', () => {
    for (const [name, service] of services) {
      for (const needed of Object.keys(service.depends_on ?? {})) {
        expect(compose.services, name).toHaveProperty(needed);
      }
      for (const volume of service.volumes ?? []) {
        expect(Object.keys(compose.volumes), name).toContain(volume.split(':')[0]);
      }
    }
  });

  it('shows the private key of the CA to one service only', () => {
    const seers = services.filter(([, service]) => service.volumes?.some((volume) => volume.startsWith('ca:')));
    expect(seers.map(([name]) => name)).toEqual(['certificates']);
  });

  it('publishes the key manager to this machine only', () => {
    for (const [name, service] of services.filter(([one]) => one.startsWith('key-manager'))) {
      for (const published of service.ports ?? []) {
        expect(published, name).toMatch(/^127\.0\.0\.1:/);
      }
    }
  });
});

describe('Dockerfile', () => {
  const dockerfile = read('Dockerfile');
  const stages = dockerfile.split(/^FROM /m);
  const image = stages.at(-1) ?? '';

  it('has several stages on a Node line with long-term support, and ends unprivileged', () => {
    expect(stages.length).toBeGreaterThan(3);
    expect(dockerfile).toMatch(/^ARG NODE_IMAGE=node:24-/m);
    expect(image.match(/^USER (\S+)/m)?.[1]).toBe('node');
    expect(image).not.toMatch(/npm (ci|install)/);
  });

  it('copies only what exists, from stages that exist', () => {
    const named = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)/gm)].map((match) => match[1]);
    const tracked = files();
    for (const [, line] of dockerfile.matchAll(/^COPY (.+)$/gm)) {
      const words = line?.split(' ') ?? [];
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
      if (from !== undefined) {
        expect(named).toContain(from);
        continue;
      }
      for (const source of words.slice(0, -1)) {
        expect(
          tracked.some((file) => file === source || file.startsWith(source)),
          source,
        ).toBe(true);
      }
    }
  });

  it('knows every workspace', () => {
    for (const manifest of files('apps/*/package.json', 'libs/*/package.json', 'proto/package.json')) {
      expect(dockerfile).toContain(`COPY ${manifest} `);
    }
  });
});
