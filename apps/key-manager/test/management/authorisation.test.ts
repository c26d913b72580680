import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ManagementPorts, planes } from '../../src/management/planes.js';
import type { Plane, Route } from '../../src/management/rest/route.js';
import { restScopes } from '../../src/management/rest-scopes.js';
import { type Fixture, marker, plant } from './support/fixture.js';
import { attempt, endsItsToken } from './support/samples.js';
import { type Call, startWorld, type World } from './support/world.js';

/** Everyone who is not the owner. `foreign` may do everything, in another tenant. */
const people = {
  anonymous: undefined,
  subscriber: ['subscriber', 'Internal/subscriber'],
  creator: ['creator', 'Internal/creator'],
  publisher: ['publisher', 'Internal/publisher'],
  administrator: ['administrator', 'admin'],
  foreign: ['foreign@tenant1.com', 'admin', 'Internal/subscriber', 'Internal/creator', 'Internal/publisher'],
} as const;
type Person = keyof typeof people;

const rows = planes({} as ManagementPorts).flatMap((plane) => plane.routes.map((route) => ({ plane, route })));
const cases = rows.flatMap(({ plane, route }) =>
  (Object.keys(people) as Person[]).map((person) => ({
    person,
    operation: `${route.method} ${plane.prefix}${route.path}`,
    plane,
    route,
    expected: expectation(plane, route, person),
  })),
);

/** 200 stands for any success. */
function expectation(plane: Plane, route: Route, person: Person): number {
  const [, ...roles] = people[person] ?? [];
  const { access } = route;
  if (access.by === 'token' && !access.scopes.some((scope) => mayHave(scope, roles))) return 401;
  if (access.by === 'password' && person === 'anonymous') return 401;
  if (access.by === 'password' && access.role && !(roles as string[]).includes(access.role)) return 403;
  return onSomebodyElsesObject(plane, route, person);
}

function mayHave(scope: string, roles: readonly string[]): boolean {
  return (restScopes.get(scope) ?? []).some((role) => roles.includes(role));
}

function onSomebodyElsesObject({ name }: Plane, route: Route, person: Person): number {
  const refers = (id: string) => route.path.includes(`{${id}}`);
  const isSubscriptions = route.path.startsWith('/subscriptions');
  if (name === 'devportal' && (refers('applicationId') || isSubscriptions)) return person === 'foreign' ? 404 : 403;
  if (name === 'devportal' && refers('apiId')) {
    return ['creator', 'publisher', 'administrator'].includes(person) ? 200 : 404;
  }
  if (name === 'publisher' && (refers('apiId') || isSubscriptions || route.path.endsWith('change-lifecycle'))) {
    if (person === 'administrator') return 200;
    // WSO2: the one call that answers 500 for an API that is not there.
    if (person === 'foreign') return route.method === 'POST' && route.path.endsWith('/revisions') ? 500 : 404;
    return 403;
  }
  // Signing keys are those of all tenants.
  if (name === 'admin' && route.path.startsWith('/signing-keys')) return person === 'foreign' ? 403 : 200;
  // Custom rules see the traffic of all tenants.
  if (name === 'admin' && route.path.startsWith('/throttling/policies/custom')) return person === 'foreign' ? 403 : 200;
  const isPolicy = refers('policyId') || refers('conditionId') || route.path.endsWith('/policies/export');
  const isTenantObject =
    isPolicy ||
    refers('scopeId') ||
    refers('identityProviderId') ||
    refers('keyManagerId') ||
    (refers('alias') && !route.path.endsWith('/usage')) ||
    refers('userId') ||
    (name === 'scim' && refers('roleId'));
  return isTenantObject && person === 'foreign' ? 404 : 200;
}

/** Lists of the tenant that an insider with the scope reads whole. */
function mayShowMarker({ name }: Plane, route: Route, person: Person, expected: number): boolean {
  if (expected !== 200 || person === 'foreign') return false;
  if (/thrott?ling/.test(route.path)) return true;
  if (name === 'devportal') return route.path.includes('{apiId}') || mayList(person, route.path === '/apis');
  if (name === 'publisher') return route.path.startsWith('/scopes') || person === 'administrator';
  return name === 'scim' || ['/identity-providers', '/key-managers'].some((path) => route.path.startsWith(path));
}

function mayList(person: Person, isApis: boolean): boolean {
  return isApis && ['creator', 'publisher', 'administrator'].includes(person);
}

describe('every route, every role, on things of somebody else', () => {
  let world: World;
  let fixture: Fixture;
  const tokens: Partial<Record<Person, string>> = {};

  beforeAll(async () => {
    world = await startWorld();
    await world.addUser('owner', 'Internal/subscriber');
    for (const [person, facts] of Object.entries(people)) {
      if (facts) tokens[person as Person] = await world.logIn(...(facts as unknown as [string, ...string[]]));
    }
  });
  beforeEach(async () => {
    fixture = await plant(world.storage, 'owner@carbon.super');
  });
  afterAll(() => world.stop());

  const tried = cases.filter(({ operation, expected }) => expected !== 200 || !endsItsToken(operation));

  it.each(tried)('$person: $operation → $expected', async ({ person, operation, plane, route, expected }) => {
    const answer = await attempt(world, fixture, operation, credentials(person, route, tokens[person]));
    expect([expected === 200 && answer.status < 300 ? 200 : answer.status, answer.text]).toEqual([
      expected,
      answer.text,
    ]);
    if (expected === 401) expect(answer.headers['www-authenticate']).toMatch(/^(Bearer|Basic) realm=/);
    if (expected >= 400 && route.method !== 'HEAD') expect(answer.text).not.toContain('900967');
    if (!mayShowMarker(plane, route, person, expected)) expect(answer.text).not.toContain(marker);
  });
});

describe('the owner', () => {
  let world: World;
  let token: string;
  beforeAll(async () => {
    world = await startWorld();
    await world.storage.users.createRole('carbon.super', 'vault');
    token = await world.logIn('owner', 'Internal/subscriber', 'vault');
  });
  afterAll(() => world.stop());

  const owned = cases.filter(
    ({ plane, person, expected }) => plane.name === 'devportal' && person === 'administrator' && expected === 403,
  );

  it.each(owned)('succeeds where others are refused: $operation', async ({ operation }) => {
    const fixture = await plant(world.storage, 'owner@carbon.super');
    const answer = await attempt(world, fixture, operation, { token });
    expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
  });
});

function credentials(person: Person, { access }: Route, token: string | undefined): Call {
  const facts = people[person];
  if (!facts) return {};
  return access.by === 'password' ? { basic: [facts[0], `${facts[0]}-password`] } : { token };
}
