import type { BackendCredentials } from './backend-credentials.js';

/** RFC 7617; the password goes as it was written, in UTF-8. */
export function basicCredentials(username: string, password: string): BackendCredentials {
  const value = basicAuthorization(username, password);
  return { authorize: () => value, refused: () => 'pass' };
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
