import { describe, expect, it } from 'vitest';
import { crowdedOut, readCookies, setCookie, stepCookiePrefix } from './cookies.js';
import { isFromOwnPage } from './same-origin.js';
import { createSealedSteps, type Step, stepSeconds } from './sealed-steps.js';

const key = Buffer.alloc(32, 7);
let now = 1_700_000_000_000;
const steps = createSealedSteps(key, () => now);
const step: Step = {
  phase: 'consent',
  parameters: [{ name: 'client_id', value: 'shop "ü"' }],
  wasPushed: true,
  sessionId: 'sid',
  scope: ['openid', 'read'],
  username: undefined,
};

describe('a sealed step', () => {
  const id = steps.newId();
  const sealed = steps.seal(id, step) ?? '';

  it('opens as it was', () => {
    expect(steps.open(id, sealed)).toEqual(step);
    expect(createSealedSteps(key, () => now).open(id, sealed)).toEqual(step);
  });

  it('is never the same twice and tells nothing', () => {
    expect(steps.seal(id, step)).not.toBe(sealed);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('shop');
  });

  it('opens under no other id, no other key, and not once it was changed', () => {
    expect(steps.open(steps.newId(), sealed)).toBeUndefined();
    expect(createSealedSteps(Buffer.alloc(32, 8), () => now).open(id, sealed)).toBeUndefined();
    const bytes = Buffer.from(sealed, 'base64url');
    for (const at of [0, 12, 20, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(steps.open(id, changed.toString('base64url'))).toBeUndefined();
    }
  });

  it.each(['', 'a', 'a=b', '../..', 'ü', 'a'.repeat(100), 'a'.repeat(10_000)])('is not %s', (text) => {
    expect(steps.open(id, text)).toBeUndefined();
    expect(steps.open(text, sealed)).toBeUndefined();
  });

  it('ends after ten minutes', () => {
    now += stepSeconds * 1_000 - 1;
    expect(steps.open(id, sealed)).toBeDefined();
    now += 1;
    expect(steps.open(id, sealed)).toBeUndefined();
  });

  it('is not made when it would not fit into a cookie', () => {
    const value = 'x'.repeat(3_000);
    expect(steps.seal(id, { ...step, parameters: [{ name: 'state', value }] })).toBeUndefined();
    const largest = steps.seal(id, { ...step, parameters: [{ name: 'state', value: 'x'.repeat(2_700) }] }) ?? '';
    expect(setCookie(stepCookiePrefix + id, largest, stepSeconds).length).toBeLessThan(4_096);
  });
});

describe('cookies', () => {
  it('are read by name; a name that came twice was planted', () => {
    const cookies = readCookies('a=1; b=2=3;c; d=4; a=5; ; e=');
    expect([...cookies]).toEqual([
      ['b', '2=3'],
      ['d', '4'],
      ['e', ''],
    ]);
    expect(readCookies(undefined).size).toBe(0);
  });

  it('make room by dropping the oldest steps, and nothing else', () => {
    const cookie = (name: string) => `${name}=${'x'.repeat(3_000)}`;
    const header = ['other', `${stepCookiePrefix}1`, `${stepCookiePrefix}2`, `${stepCookiePrefix}3`, 'commonAuthId'];
    expect(crowdedOut(readCookies(header.map(cookie).join('; ')))).toEqual([`${stepCookiePrefix}1`]);
  });
});

describe('a form', () => {
  it.each([
    [{}, true],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://km.example', host: 'km.example' }, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ origin: 'https://km.example:9443', host: 'km.example:9443' }, true],
    [{ origin: 'https://KM.example:9443', host: 'km.example:9443' }, true],
    [{ origin: 'https://login.example', host: 'internal:9443' }, true],
    [{ origin: 'http://km.example:9443', host: 'km.example:9443' }, false],
    [{ origin: 'https://km.example', host: 'km.example:9443' }, false],
    [{ origin: 'https://evil.example', host: 'km.example' }, false],
    [{ origin: 'null', host: 'km.example' }, false],
  ])('with %o is from an own page: %s', (headers, expected) => {
    expect(isFromOwnPage(headers, 'https://login.example')).toBe(expected);
  });
});
