import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterSettings, clusterUrls, nearby, roleArguments, roleEnvironment } from './cluster-settings.js';

const settings = (env: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  clusterSettings({ env, flags, file: undefined }, false);

describe('two clusters on one machine', () => {
  it.each([
    [0, '.keygate', 'kg', 8243],
    [1, '.keygate-1', 'kg-1', 8244],
    [700, '.keygate-700', 'kg-700', 8943],
  ])('with offset %i has its own data folder, Redis prefix and ports', (offset, folder, prefix, https) => {
    const { configs, dataDir } = settings({ PORT_OFFSET: `${offset}` });
    expect(dataDir).toBe(resolve(folder));
    for (const { config } of [configs.gateway, configs.keyManager]) expect(config.redis.keyPrefix).toBe(prefix);
    expect(configs.gateway.config.gateway.listeners.https).toBe(https);
  });

  it('keeps what was given', () => {
    const { dataDir, configs } = settings({ PORT_OFFSET: '1', KEYGATE_DATA_DIR: '/data', REDIS_KEY_PREFIX: 'mine' });
    expect(dataDir).toBe('/data');
    expect(configs.gateway.config.redis.keyPrefix).toBe('mine');
  });
});

describe('what a role is started with', () => {
  it('is its own flags', () => {
    const both = settings({}, { 'port-offset': '1', 'key-manager-server-url': 'https://km:1' });
    expect(roleArguments('gateway', both)).toEqual([
      '--port-offset',
      '1',
      '--data-dir',
      '.keygate-1',
      '--key-manager-server-url',
      'https://km:1',
    ]);
    expect(roleArguments('key-manager', both)).toEqual(['--port-offset', '1', '--data-dir', '.keygate-1']);
  });

  it('never includes the secrets of the other role', () => {
    const secrets = {
      KEYGATE_ADMIN_PASSWORD: 'a-strong-password',
      DATABASE_URL: 'postgresql://u:p@db/x',
      KEY_MANAGER_SECRET_KEY: 'k'.repeat(32),
    };
    const all = settings({ ...secrets, REDIS_URL: 'redis://:p@r', PATH: '/bin' });
    expect(roleEnvironment('gateway', all, {})).toEqual({ REDIS_URL: 'redis://:p@r', PATH: '/bin' });
    expect(roleEnvironment('key-manager', all, {})).toMatchObject(secrets);
  });
});

describe('URLs', () => {
  it('are made of the ports that were bound', () => {
    const { configs } = settings();
    expect(clusterUrls(configs, { https: 1, http: 2, wss: 5, ws: 6 }, { https: 3, grpc: 4 })).toEqual({
      gateway: 'https://localhost:1',
      gatewayHttp: 'http://localhost:2',
      gatewayWss: 'wss://localhost:5',
      gatewayWs: 'ws://localhost:6',
      keyManager: 'https://localhost:3',
      grpc: 'https://localhost:4',
    });
  });

  it.each([
    ['127.0.0.1', 'localhost'],
    ['::1', 'localhost'],
    ['0.0.0.0', 'localhost'],
    ['10.0.0.5', '10.0.0.5'],
  ])('reach a listener on %s at %s', (address, host) => {
    expect(nearby(address)).toBe(host);
  });
});
