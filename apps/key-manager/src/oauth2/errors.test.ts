import { describe, expect, it } from 'vitest';
import {
  InvalidClient,
  InvalidGrant,
  InvalidRequest,
  InvalidScope,
  OAuthError,
  ServerError,
  TemporarilyUnavailable,
  TooManyAttempts,
  toOAuthError,
  UnauthorizedClient,
  UnsupportedGrantType,
} from './errors.js';

describe('OAuthError', () => {
  it.each([
    [new InvalidRequest('x'), 'invalid_request', 400],
    [new InvalidClient('x'), 'invalid_client', 401],
    [new InvalidGrant('x'), 'invalid_grant', 400],
    [new UnauthorizedClient('x'), 'unauthorized_client', 400],
    [new UnsupportedGrantType(), 'unsupported_grant_type', 400],
    [new InvalidScope('x'), 'invalid_scope', 400],
    [new TemporarilyUnavailable(), 'temporarily_unavailable', 503],
    [new TooManyAttempts(1), 'temporarily_unavailable', 429],
    [new ServerError(), 'server_error', 500],
  ])('%s is %s with status %i', (thrown, error, status) => {
    expect(thrown).toMatchObject({ error, status });
    expect(thrown).toBeInstanceOf(OAuthError);
    expect(thrown.name).toBe(thrown.constructor.name);
    expect(thrown.wwwAuthenticate).toBe(error === 'invalid_client' ? 'Basic realm="x"' : undefined);
    expect(thrown.retryAfterSeconds).toBe(error === 'temporarily_unavailable' ? 1 : undefined);
    // The alphabet of RFC 6749 §5.2.
    expect(thrown.description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  it('lets no realm break out of the header', () => {
    expect(new InvalidClient('a"b\\c\r\nX: y').wwwAuthenticate).toBe('Basic realm="abcX: y"');
  });
});

describe('toOAuthError', () => {
  it('passes an OAuthError on as it is', () => {
    const thrown = new InvalidGrant('x');
    expect(toOAuthError(thrown)).toBe(thrown);
  });

  it.each([
    ['a store that is away', Object.assign(new Error('10.0.0.1 refused'), { name: 'StoreUnavailable' }), 503],
    ['a bug', new TypeError('password of demo is x'), 500],
    ['what is no error', 'secret', 500],
  ])('hides %s behind its cause', (_, thrown, status) => {
    const answer = toOAuthError(thrown);
    expect(answer).toMatchObject({ status, cause: thrown });
    expect(answer.message).not.toMatch(/10\.0|password|secret/);
  });
});
