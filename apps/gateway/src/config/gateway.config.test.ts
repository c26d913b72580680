import { ConfigProblems, loadConfig } from '@keygate/common/config';
import { describe, expect, it } from 'vitest';
import { gatewaySchema } from './gateway.config.js';

const load = (env: Record<string, string>) => loadConfig({ schema: gatewaySchema, env });

describe('the address of the key manager', () => {
  it.each([
    ['km:1', '"km:1" is not an address; write https://host:port or dns:///name:port'],
    [
      'http://km:1',
      '"http://km:1" would send credentials in clear text; use https:// or set gateway.keyManager.allowPlaintext',
    ],
  ])('%s is refused with the other settings, before anything starts', (address, problem) => {
    const env = { KEY_MANAGER_SERVER_URL: address, GATEWAY_DRAIN_SECONDS: '1' };
    expect(() => load(env)).toThrow(
      new ConfigProblems([`gateway.keyManager.serverUrl (environment KEY_MANAGER_SERVER_URL): ${problem}`]),
    );
  });

  it('may be plaintext when that is allowed, and may be left out', () => {
    expect(() => load({ KEY_MANAGER_SERVER_URL: 'http://km:1', KEY_MANAGER_ALLOW_PLAINTEXT: 'true' })).not.toThrow();
    expect(() => load({})).not.toThrow();
  });
});
