import { describe, expect, it } from 'vitest';
import type { Client } from '../model.js';
import { isInsecure, isRedirectUri, isRegistered } from './redirect-uri.js';

const client = (...redirectUris: string[]) => ({ metadata: { redirectUris } }) as unknown as Client;

describe('a redirect URI', () => {
  it.each([
    'https://shop.example/cb',
    'https://shop.example/cb?tenant=a&b=%20',
    'https://shop.example',
    'http://127.0.0.1:8080/',
    'http://[::1]:3000/cb',
    'com.example.app:/oauth2redirect',
    'com.example.app://cb',
    'urn:ietf:wg:oauth:2.0:oob',
  ])('can be %s', (uri) => {
    expect(isRedirectUri(uri)).toBe(true);
  });

  it.each([
    '',
    '/cb',
    '//shop.example/cb',
    'shop.example/cb',
    'https://shop.example/cb#fragment',
    'https://shop.example/c b',
    'https://shop.example/cb\r\nset-cookie: a=b',
    'https://shop.example\\@evil.example/',
    'https://shop.example@evil.example/',
    'https://user:password@shop.example/',
    'https:shop.example/cb',
    'https:///cb',
    'https://shop.example:99999/',
    'https://shöp.example/',
    'javascript:alert(1)//https://shop.example/cb',
    'JavaScript:alert(1)',
    'data:text/html,hi',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://shop.example/1',
    'view-source:https://shop.example/',
    `https://shop.example/${'a'.repeat(2_048)}`,
  ])('cannot be %j', (uri) => {
    expect(isRedirectUri(uri)).toBe(false);
    expect(isRegistered(client(uri), uri)).toBe(false);
  });

  it.each([
    ['https://shop.example/cb', 'https://shop.example/cb', true],
    ['https://shop.example/cb', 'https://shop.example/cb/', false],
    ['https://shop.example/cb', 'https://shop.example/CB', false],
    ['https://shop.example/cb', 'https://SHOP.example/cb', false],
    ['https://shop.example/cb', 'https://shop.example/cb?a=b', false],
    ['https://shop.example/cb', 'https://shop.example:443/cb', false],
    ['https://shop.example/cb', 'https://shop.example/x/../cb', false],
    ['https://shop.example/cb', 'https://shop.example.evil.example/cb', false],
    ['https://shop.example/cb', 'http://shop.example/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:51234/cb', true],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb', true],
    ['http://127.0.0.1:1/cb?a=b', 'http://127.0.0.1:2/cb?a=b', true],
    ['http://[::1]/cb', 'http://[::1]:51234/cb', true],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:51234/other', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1.evil.example/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:80@evil.example/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.2:51234/cb', false],
    ['http://127.0.0.1/cb', 'https://127.0.0.1:51234/cb', false],
    ['http://127.0.0.1/cb', 'http://[::1]:51234/cb', false],
    ['http://localhost:1/cb', 'http://localhost:2/cb', false],
    ['http://localhost:1/cb', 'http://localhost:1/cb', true],
    ['regexp=(https://shop.example/cb|https://shop.example/cb2)', 'https://shop.example/cb2', true],
    ['regexp=(https://shop.example/cb)', 'regexp=(https://shop.example/cb)', false],
  ])('registered as %s, asked for as %s: %s', (registered, presented, expected) => {
    expect(isRegistered(client('https://other.example/', registered), presented)).toBe(expected);
  });

  it('is none of a client that registered none', () => {
    expect(isRegistered({ metadata: {} } as unknown as Client, 'https://shop.example/cb')).toBe(false);
  });

  it.each([
    ['http://shop.example/cb', true],
    ['HTTP://shop.example/cb', true],
    ['http://localhost.evil.example/cb', true],
    ['http://127.0.0.1.evil.example/cb', true],
    ['http://localhost:8080/cb', false],
    ['http://127.0.0.1/cb', false],
    ['http://[::1]:1/cb', false],
    ['https://shop.example/cb', false],
    ['com.example.app:/cb', false],
  ])('%s is read by others on the way: %s', (uri, expected) => {
    expect(isInsecure(uri)).toBe(expected);
  });
});
