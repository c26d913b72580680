import { describe, expect, it } from 'vitest';
import { isProtectedHeader } from './protected-headers.js';

describe('headers that policies must not touch', () => {
  it.each(['Host', 'content-length', 'X_JWT_Assertion', 'Proxy-Authorization', 'X-Forwarded-For', ':path', 'TE'])(
    'has %s',
    (name) => expect(isProtectedHeader(name)).toBe(true),
  );

  it.each(['X-Tenant', 'Authorization', 'Set-Cookie', 'Content-Type', 'Cache-Control'])('leaves %s', (name) =>
    expect(isProtectedHeader(name)).toBe(false),
  );
});
