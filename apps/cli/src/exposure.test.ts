import { ConfigProblems } from '@keygate/common/config';
import { describe, expect, it } from 'vitest';
import { gatewayConfig, keyManagerConfig } from './configuration.js';
import { demoProblems, isLoopback, weakness } from './exposure.js';

const sources = (env: Record<string, string>) => ({ env, flags: {}, file: undefined });

describe('admin password', () => {
  it.each(['admin', 'Password1!', 'changeme', 'short', 'aaaaaaaaaaaaaaaa', 'keygate123'])('%s is weak', (password) => {
    expect(weakness(password)).toBeDefined();
  });

  it.each(['correct horse battery', 'q99KGD2EvHuYjqDHWPvw'])('%s is not', (password) => {
    expect(weakness(password)).toBeUndefined();
  });

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

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('is fine on %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', ''])('%j is not loopback', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});
