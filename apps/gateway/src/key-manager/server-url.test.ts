import { describe, expect, it } from 'vitest';
import { parseServerUrl } from './server-url.js';

const options = { portOffset: 0, allowPlaintext: false };

describe('parseServerUrl', () => {
  it.each([
    [undefined, 0, ['localhost:10397']],
    [undefined, 700, ['localhost:11097']],
    ['https://km.example.com:10397', 700, ['km.example.com:10397']],
    ['https://localhost:10397/services/', 1, ['localhost:10397']],
    ['https://10.0.0.1:10397, https://10.0.0.2:10398', 0, ['10.0.0.1:10397', '10.0.0.2:10398']],
    ['https://KM-1:1,https://km-1:1,https://[::1]:2', 0, ['km-1:1', '[::1]:2']],
    ['dns:///km.internal:10397', 0, ['km.internal:10397']],
    ['http://127.0.0.1:10397', 0, ['127.0.0.1:10397']],
    ['http://localhost:10397', 0, ['localhost:10397']],
  ])('reads %s with offset %i', (value, portOffset, addresses) => {
    expect(parseServerUrl(value, { ...options, portOffset }).addresses).toEqual(addresses);
  });

  it('notes an ignored path, but not a lone slash', () => {
    expect(parseServerUrl('https://a:1/services/', options).notes).toEqual([
      'the path /services/ of https://a:1 is ignored; gRPC has no path',
    ]);
    expect(parseServerUrl('https://a:1/', options).notes).toEqual([]);
  });

  it('names the hosts without brackets and shows the address as written', () => {
    expect(parseServerUrl('https://a:1,https://[::1]:2', options)).toMatchObject({
      names: ['a', '::1'],
      display: 'https://a:1,https://[::1]:2',
      plaintext: false,
    });
    expect(parseServerUrl('dns:///km:1', options).display).toBe('dns:///km:1');
  });

  it.each([
    ['km:10397', 'is not an address'],
    ['https://', 'is not an address'],
    ['https://km', 'needs a port, for example https://km:10397'],
    ['https://km:0', 'ports go from 1 to 65535'],
    ['https://km:70000', 'ports go from 1 to 65535'],
    ['https://km:1,', 'empty address'],
    ['ftp://km:1', 'starts with ftp://'],
    ['https:///km:1', 'slashes'],
    ['dns://km:1', 'slashes'],
    ['https://km:1?x=1', 'is not an address'],
    ['https://a:1,http://localhost:2', 'mixes https and http'],
    ['dns:///a:1,dns:///b:1', 'one dns:/// name'],
    ['http://10.0.0.1:10397', 'clear text'],
    ['http://127.0.0.1.example.com:1', 'clear text'],
  ])('refuses %s', (value, message) => {
    expect(() => parseServerUrl(value, options)).toThrow(message);
  });

  it('lets plaintext out of the machine only when that is allowed', () => {
    expect(parseServerUrl('http://10.0.0.1:1', { ...options, allowPlaintext: true }).plaintext).toBe(true);
  });

  it('does not repeat a password from the address', () => {
    expect(() => parseServerUrl('https://user:hunter2@km:1', options)).toThrow(/^(?!.*hunter2)/);
  });
});
