import type { Attack, Expected, Listener } from './attack.js';
import { type FormEndpoint, formAttacks } from './form-attacks.js';
import {
  documentAttacks,
  handOverAttacks,
  type JsonRoute,
  jsonAttacks,
  restAttacks,
  restPathAttacks,
  strayAttacks,
  unservedAttacks,
  userInfoAttacks,
  wso2RegistrationAttacks,
} from './open-attacks.js';
import { pageAttacks } from './page-attacks.js';
import { registrationAttacks } from './registration-attacks.js';
import { tokenAttacks, unknownTokenAttacks } from './token-attacks.js';

const listeners: readonly Listener[] = ['key manager', 'gateway'];
const revoked: Expected = { status: 200, shape: 'revoked', headers: { 'cache-control': /no-store/ } };
const inactive: Expected = { status: 200, shape: 'inactive', headers: { 'cache-control': /no-store/ } };

const endpoint = (at: FormEndpoint['at'], path: string, form: string): FormEndpoint => ({
  ...{ at, path, form },
  readsJson: at === 'key manager',
});
const grant = 'grant_type=client_credentials';
const token = 'token=canary';

const formEndpoints: readonly FormEndpoint[] = [
  endpoint('key manager', '/oauth2/token', grant),
  endpoint('key manager', '/oauth2/revoke', token),
  endpoint('key manager', '/oauth2/introspect', token),
  endpoint('key manager', '/t/carbon.super/oauth2/introspect', token),
  endpoint('key manager', '/oauth2/device_authorize', 'scope=canary'),
  endpoint('key manager', '/oauth2/par', 'response_type=code'),
  endpoint('gateway', '/token', grant),
  endpoint('gateway', '/revoke', token),
];

const metadata = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
const keySets: readonly [Listener, string][] = [
  ['key manager', '/oauth2/jwks'],
  ['key manager', '/t/carbon.super/oauth2/jwks'],
  ['key manager', '/oauth2/token/.well-known/openid-configuration'],
  ['gateway', '/jwks'],
];
const documents = [
  ...keySets.map(([at, path]) => ({ at, path })),
  ...listeners.flatMap((at) => metadata.map((path) => ({ at, path }))),
];
const devportal = '/api/am/devportal/v3/applications';

const bearer = { authorization: 'Bearer {token}', shape: 'wso2', name: 'name' } as const;
const jsonRoutes: readonly JsonRoute[] = [
  { ...bearer, path: devportal, members: { name: 'a', throttlingPolicy: 'Unlimited' } },
  { ...bearer, path: '/api/am/publisher/v4/apis', members: { name: 'a', context: '/a', version: '1' } },
  { ...bearer, path: '/api/am/admin/v4/identity-providers', members: { name: 'a', issuer: 'https://a.example' } },
  {
    ...{ path: '/scim2/Users', authorization: 'Basic {user}:{password}', shape: 'scim', name: 'userName' },
    members: { userName: 'a', password: 'a-password-of-twenty' },
  },
];

/** Attacks by endpoints. A new endpoint is a line here. */
export const corpus: readonly Attack[] = [
  ...formEndpoints.flatMap(formAttacks),
  ...tokenAttacks('key manager', '/oauth2/token'),
  ...tokenAttacks('gateway', '/token'),
  ...unknownTokenAttacks('key manager', '/oauth2/revoke', revoked),
  ...unknownTokenAttacks('gateway', '/revoke', revoked),
  ...unknownTokenAttacks('key manager', '/oauth2/introspect', inactive),
  ...unknownTokenAttacks('key manager', '/t/carbon.super/oauth2/introspect', inactive),
  ...pageAttacks,
  ...userInfoAttacks('key manager', '/oauth2/userinfo'),
  ...userInfoAttacks('key manager', '/t/carbon.super/oauth2/userinfo'),
  ...userInfoAttacks('gateway', '/userinfo'),
  ...documents.flatMap(({ at, path }) => documentAttacks(at, path)),
  ...handOverAttacks('/authorize'),
  ...unservedAttacks('/.well-known/canary'),
  ...strayAttacks('key manager'),
  ...strayAttacks('gateway'),
  ...restAttacks(devportal),
  ...restAttacks('/api/am/publisher/v4/apis'),
  ...restAttacks('/scim2/Users', 'scim'),
  ...restAttacks('/api/am/admin/v4/identity-providers'),
  ...restPathAttacks(devportal),
  ...jsonRoutes.flatMap(jsonAttacks),
  ...registrationAttacks,
  ...wso2RegistrationAttacks('/client-registration/v0.17/register'),
];
