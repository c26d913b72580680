import { expect, it } from 'vitest';
import { faultOf } from '../pipeline/test/exchange.js';
import { fixedCredentials } from './fixed-credentials.js';

const endpoint = { upstreams: [], timeoutMillis: undefined };

it('a backend of WebSocket or gRPC gets Basic credentials, and is not called when it wants others', () => {
  expect(fixedCredentials(endpoint)).toEqual([]);
  const basic = { type: 'basic', username: 'jörg', password: 'p:w' } as const;
  expect(fixedCredentials({ ...endpoint, security: basic })).toEqual(['authorization', 'Basic asO2cmc6cDp3']);
  const digest = { type: 'digest', username: 'u', password: 'p' } as const;
  expect(faultOf(() => fixedCredentials({ ...endpoint, security: digest })).fault).toBe(
    'backendCredentialsUnavailable',
  );
});
