import type { IncomingHttpHeaders } from 'node:http';
import { expect } from 'vitest';
import type { Answer } from '../https-client.js';
import { type Attack, canary, type Shape } from './attack.js';

const json = /^application\/json(;|$)/;

/** What every answer is checked for, apart from what its attack expects. */
export function checkAnswer({ answer: expected, at }: Attack, answer: Answer): void {
  // First, since the text tells what went wrong.
  expect({ status: answer.status, text: answer.status === expected.status ? '' : answer.text.slice(0, 300) }).toEqual({
    status: expected.status,
    text: '',
  });
  for (const [name, pattern] of Object.entries(expected.headers ?? {})) {
    if (pattern === undefined) expect(answer.headers[name], name).toBeUndefined();
    else expect(answer.headers[name], name).toMatch(pattern);
  }
  shapes[expected.shape](answer, expected.error);
  if (expected.repeats) expect(answer.text).not.toContain(canary);
  else if (expected.shape === 'hand-over') saysNothing(answer.text);
  else saysNothing(answer.text, answer.headers);
  if (at === 'key manager') expect(answer.headers['x-content-type-options']).toBe('nosniff');
  if (answer.status === 401) expect(answer.headers['www-authenticate']).toBeDefined();
  if (answer.status === 405) expect(answer.headers.allow).toBeDefined();
}

/** Nothing that was sent, no way into the program, nothing about what it is made of. */
export function saysNothing(text: string, headers: IncomingHttpHeaders = {}): void {
  const said = `${text}\n${Object.values(headers).flat().join('\n')}`;
  expect(said).not.toMatch(/canary/i);
  expect(said).not.toMatch(
    /\bat .+:\d+:\d+|node_modules|node:internal|\.[cm]?[jt]s:\d+|\bSQLSTATE\b|QueryFailed|\bzod\b/i,
  );
  expect(headers['x-powered-by']).toBeUndefined();
  expect(headers.server).toBeUndefined();
}

const shapes: Readonly<Record<Shape, (answer: Answer, error?: string | number) => void>> = {
  oauth(answer, error) {
    expect(answer.headers['content-type']).toMatch(json);
    expect(answer.headers['cache-control']).toMatch(/no-store/);
    expect(answer.json()).toEqual({
      error,
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
    });
  },
  inactive(answer) {
    expect(answer.headers['content-type']).toMatch(json);
    expect(answer.json()).toEqual({ active: false });
  },
  revoked(answer) {
    expect(answer.text).toMatch(/^(\{\})?$/);
  },
  empty(answer) {
    expect(answer.text).toBe('');
  },
  page(answer) {
    expect(answer.headers['content-type']).toMatch(/^text\/html; charset=utf-8$/i);
    expect(answer.headers['cache-control']).toMatch(/no-store/);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'.*frame-ancestors 'none'/);
    expect(answer.headers['x-frame-options']).toBe('DENY');
    expect(answer.headers['referrer-policy']).toMatch(/^(same-origin|no-referrer)$/);
    expect(answer.text).not.toMatch(/<script/i);
  },
  redirect(answer) {
    expect(answer.headers['cache-control']).toMatch(/no-store/);
    // No second address, and no header that was smuggled into the first.
    expect(answer.headers.location).not.toMatch(/evil|[^\x21-\x7e]/);
    expect(answer.text).toBe('');
  },
  refused(answer) {
    expect(answer.headers['content-type']).toMatch(json);
    expect(answer.json()).toEqual(expect.any(Object));
  },
  'hand-over'(answer) {
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.text).toBe('');
  },
  document(answer) {
    expect(answer.headers['content-type']).toMatch(json);
    expect(answer.json()).toEqual(expect.any(Object));
  },
  wso2(answer, error) {
    expect(answer.headers['content-type']).toMatch(json);
    const { code, message, description } = answer.json();
    expect(Number(code)).toBe(error);
    expect([message, description]).toEqual([expect.any(String), expect.any(String)]);
  },
  scim(answer, error) {
    expect(answer.headers['content-type']).toMatch(/^application\/scim\+json/);
    expect(answer.json()).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(error),
    });
  },
  registration(answer, error) {
    expect(answer.headers['content-type']).toMatch(json);
    expect(answer.json()).toMatchObject({ error });
  },
};
