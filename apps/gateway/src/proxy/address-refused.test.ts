import { EndpointSecurityType } from '@keygate/proto/keymanager/v1/catalog';
import { afterEach, describe, expect, it } from 'vitest';
import { code, EndpointBed } from './test/endpoints.js';
import { call } from './test/gateway.js';

const bed = new EndpointBed();
afterEach(() => bed.stop());

const denied = { allowPrivateNetworks: false };

describe('an address that may not be called', () => {
  it.each([
    ['a metadata address', 'http://169.254.169.254/latest/meta-data', {}],
    ['the same inside IPv6', 'http://[::ffff:169.254.169.254]/', {}],
    ['the same of AWS', 'http://[fd00:ec2::254]/', {}],
    ['the same in decimal', 'http://2852039166/', {}],
    ['nowhere', 'http://0.0.0.0/', {}],
    ['this machine, when that is denied', 'http://127.0.0.1:1/', denied],
    ['a name of this machine, when that is denied', 'http://localhost:1/', denied],
    ['a private network, when that is denied', 'http://10.0.0.1/', denied],
  ])('is refused: %s', async (_, url, proxy) => {
    const gateway = await bed.gateway({ urls: [url] }, proxy);
    const { status, body } = await call(gateway.port, 'GET /open/x');
    expect([status, code(body), gateway.ended[0]?.fault]).toEqual([503, '303001', 'addressRefused']);
    expect(body).not.toContain('169.254');
  });

  it('is refused as a token URL, too', async () => {
    const backend = await bed.backend('ok');
    const security = {
      ...{ type: EndpointSecurityType.ENDPOINT_SECURITY_TYPE_OAUTH, tokenUrl: 'http://169.254.169.254/token' },
      ...{
        clientId: 'c',
        clientSecret: 's',
        grantType: 'client_credentials',
        username: '',
        password: '',
        parameters: '',
      },
    };
    const gateway = await bed.gateway({ urls: [backend.url], security });
    expect((await call(gateway.port, 'GET /open/x')).status).toBe(503);
    expect(backend.received).toBe('');
  });

  it('is called when the operator says so', async () => {
    const backend = await bed.backend('ok');
    const gateway = await bed.gateway({ urls: [backend.url] }, { allowPrivateNetworks: true, allowLinkLocal: true });
    expect((await call(gateway.port, 'GET /open/x')).body).toBe('ok');
  });
});
