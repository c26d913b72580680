import { ConfigProblems } from '@keygate/common/config';
import { describe, expect, it } from 'vitest';
import { gatewayConfig, keyManagerConfig } from './configuration.js';
import { demoProblems } from './exposure.js';

const sources = (env: Record<string, string>) => ({ env, flags: {}, file: undefined });

describe('admin password', () => {
  it('may be anything on loopback', () => {
    expect(() => keyManagerConfig(sources({ KEYGATE_ADMIN_PASSWORD: 'admin' }))).not.toThrow();
  });

  it('must be strong elsewhere, and is not repeated in the message', () => {
    const env = { KEYGATE_ADMIN_PASSWORD: 'changeme', KEY_MANAGER_BIND_ADDRESS: '0.0.0.0' };
    expect(() => keyManagerConfig(sources(env))).toThrow(ConfigProblems);
    expect(() => keyManagerConfig(sources(env))).toThrow(
      /keyManager\.adminPassword \(environment KEYGATE_ADMIN_PASSWORD\): is a well-known password/,
    );
    expect(() => keyManagerConfig(sources(env))).not.toThrow(/changeme/);
  });
});

describe('demo data', () => {
  it('is refused when others could reach it', () => {
    const env = { GATEWAY_BIND_ADDRESS: '0.0.0.0' };
    const problems = demoProblems(gatewayConfig(sources(env)).config, keyManagerConfig(sources(env)).config);
    expect(problems).toEqual([
      'gateway.listeners.bindAddress: is 0.0.0.0, and demo data is for loopback only; use --no-demo',
    ]);
  });
});
