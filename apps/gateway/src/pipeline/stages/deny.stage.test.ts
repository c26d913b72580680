import type { DenyRule } from '@keygate/proto/keymanager/v1/catalog';
import { describe, expect, it } from 'vitest';
import { catalogOf } from '../../apis/test/catalog.js';
import { aRoutedExchange, faultOf, type GivenRequest, settings, someFacts } from '../test/exchange.js';
import { deny } from './deny.stage.js';
import { subscription } from './subscription.stage.js';

const aRule = (subject: DenyRule['subject'], given: Partial<DenyRule> = {}): DenyRule => ({
  id: 'rule-1',
  tenantDomain: 'carbon.super',
  enabled: true,
  subject,
  ...given,
});

const addresses = (first: string, last = first, invert = false): DenyRule['subject'] => ({
  $case: 'addresses',
  addresses: { range: { first, last }, invert },
});

function run(rules: DenyRule[], request: GivenRequest = {}, token: Parameters<typeof someFacts>[0] | null = {}): void {
  const exchange = aRoutedExchange(request, catalogOf({ denyRules: rules }));
  if (token !== null) {
    exchange.authenticated(someFacts(token));
    subscription({ settings }).run(exchange);
  }
  deny().run(exchange);
}

const isDenied = (...given: Parameters<typeof run>) => {
  try {
    run(...given);
    return false;
  } catch {
    return faultOf(() => run(...given)).fault === 'messageBlocked';
  }
};

describe('deny', () => {
  it.each<[string, DenyRule['subject'], GivenRequest, boolean]>([
    ['the API', { $case: 'api', api: '/petstore/1.0.0' }, {}, true],
    ['another API', { $case: 'api', api: '/petstore/2.0.0' }, {}, false],
    ['the application', { $case: 'application', application: 'demo@carbon.super:DemoApplication' }, {}, true],
    ['another application', { $case: 'application', application: 'ann@carbon.super:DemoApplication' }, {}, false],
    ['the user', { $case: 'user', user: 'demo@carbon.super' }, {}, true],
    ['another user', { $case: 'user', user: 'demo@acme.com' }, {}, false],
    ['the address', addresses('192.0.2.1'), {}, true],
    ['another address', addresses('192.0.2.2'), {}, false],
    ['a range', addresses('192.0.2.0', '192.0.2.255'), {}, true],
    ['everybody outside of a range', addresses('192.0.2.0', '192.0.2.255', true), { address: '198.51.100.1' }, true],
    ['nobody inside of it', addresses('192.0.2.0', '192.0.2.255', true), {}, false],
    ['an IPv6 range', addresses('2001:db8::', '2001:db8::ff'), { address: '2001:db8::1' }, true],
    ['an IPv6 client by an IPv4 range', addresses('0.0.0.0', '255.255.255.255'), { address: '2001:db8::1' }, false],
    [
      'a client without an address by an inverted range',
      addresses('192.0.2.1', '192.0.2.1', true),
      { address: '' },
      true,
    ],
  ])('judges %s', (_, subject, request, expected) => {
    expect(isDenied([aRule(subject)], request)).toBe(expected);
  });

  it('leaves alone whom a rule names that is off', () => {
    expect(isDenied([aRule({ $case: 'user', user: 'demo@carbon.super' }, { enabled: false })])).toBe(false);
  });

  it('takes an application that calls for itself as its owner', () => {
    const token = { user: '', kind: 'APPLICATION' } as const;
    expect(isDenied([aRule({ $case: 'user', user: 'demo@carbon.super' })], {}, token)).toBe(true);
  });

  it('judges open resources by API and address', () => {
    const open = { target: '/petstore/1.0.0/health' };
    expect(isDenied([aRule({ $case: 'api', api: '/petstore/1.0.0' })], open, null)).toBe(true);
    expect(isDenied([aRule(addresses('192.0.2.1'))], open, null)).toBe(true);
    expect(isDenied([aRule({ $case: 'user', user: '' })], open, null)).toBe(false);
  });

  it('gives no administrator a say about APIs and callers of other tenants’ APIs', () => {
    const other = { tenantDomain: 'acme.com' };
    expect(isDenied([aRule({ $case: 'api', api: '/petstore/1.0.0' }, other)])).toBe(false);
    expect(isDenied([aRule(addresses('192.0.2.1'), other)])).toBe(false);
  });

  it('names rules that make no sense', () => {
    const { problems, denials } = catalogOf({
      denyRules: [aRule(addresses('x'), {}), aRule(undefined, { id: 'rule-2' })],
    });
    expect(denials).toBeUndefined();
    expect(problems.map((problem) => problem.slice(0, 18))).toEqual(['deny policy rule-1', 'deny policy rule-2']);
  });
});
