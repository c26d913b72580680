import { describe, expect, it } from 'vitest';
import { BackendAddress } from '../backend-address.js';
import { CircuitBreaker } from '../circuit-breaker.js';
import { digestCredentials } from './digest.js';
import { digestChallenge } from './digest-challenge.js';
import { digestResponse } from './digest-response.js';

const asked = (...lines: string[]) => lines.flatMap((line) => ['WWW-Authenticate', line]);

describe('the answer to a digest challenge', () => {
  const input = {
    ...{ username: 'Mufasa', password: 'Circle of Life', method: 'GET', path: '/dir/index.html', count: 1 },
    clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const challenge = (algorithm: string) =>
    digestChallenge(
      asked(
        `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
          'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
      ),
    );
  const responseTo = (algorithm: string) => {
    const found = challenge(algorithm);
    return found && /response="(\w+)"/.exec(digestResponse(found, input))?.[1];
  };

  it('is that of RFC 7616 section 3.9.1', () => {
    expect(responseTo('SHA-256')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1');
    expect(responseTo('MD5')).toBe('8ca523f5e9506fed4657c9700eebdbec');
  });

  it('is that of RFC 2069 for a backend that knows no counter', () => {
    const old = digestChallenge(asked('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'));
    const value = old && digestResponse(old, input);
    expect(value).not.toMatch(/qop|nc=|cnonce/);
  });

  it('names a user that is not ASCII in the form of RFC 8187, and hashes one when asked to', () => {
    const plain = digestChallenge(asked('Digest realm="r", nonce="n", qop="auth"'));
    expect(plain && digestResponse(plain, { ...input, username: 'Jäsøn' })).toContain(
      "username*=UTF-8''J%C3%A4s%C3%B8n",
    );
    const hashed = digestChallenge(asked('Digest realm="r", nonce="n", qop="auth", userhash=true'));
    expect(hashed && digestResponse(hashed, input)).toMatch(/username="[0-9a-f]{32}".*userhash=true/);
  });

  it('quotes what it repeats', () => {
    const odd = digestChallenge(asked('Digest realm="a\\"b\\\\c", nonce="n", qop=auth'));
    expect(odd?.realm).toBe('a"b\\c');
    expect(odd && digestResponse(odd, input)).toContain('realm="a\\"b\\\\c"');
  });
});

describe('the challenge that is answered', () => {
  it.each([
    [
      'the strongest of several lines',
      asked('Digest nonce="1", qop="auth"', 'Digest nonce="2", algorithm=SHA-256, qop="auth"'),
      '2',
    ],
    [
      'the strongest of one line',
      asked('Digest nonce="1", qop="auth", Digest nonce="2", algorithm=SHA-256, qop="auth"'),
      '2',
    ],
    ['the one among other schemes', asked('Basic realm="x", Digest nonce="1", qop=auth, Negotiate'), '1'],
    ['the one that is known', asked('Digest nonce="1", algorithm=SHA-512-256, Digest nonce="2"'), '2'],
  ])('is %s', (_, headers, nonce) => {
    expect(digestChallenge(headers)?.nonce).toBe(nonce);
  });

  it.each([
    ['another scheme', asked('Basic realm="x"')],
    ['no nonce', asked('Digest realm="x"')],
    ['nothing that can be computed', asked('Digest nonce="1", qop="auth-int"')],
    ['nonsense', asked('Digest ="', '', ',,,', 'Digest nonce="unclosed')],
    ['none', []],
  ])('is none with %s', (_, headers) => {
    expect(digestChallenge(headers)).toBeUndefined();
  });
});

describe('digest credentials', () => {
  const breaker = new CircuitBreaker(
    { failuresToOpen: 1, openMillis: 1, openFactor: 1, maxOpenMillis: 1 },
    () => undefined,
  );
  const address = new BackendAddress({ origin: 'http://b', basePath: '', query: '' }, 1, breaker, undefined);
  const request = { method: 'GET', path: '/', address, isReplayable: true };
  const refusal = (line: string, authorization: string | undefined, isReplayable = true) => ({
    ...{ address, headers: asked(line), authorization, isReplayable, isSafe: isReplayable },
  });
  const credentials = () => digestCredentials('u', 'p', async () => asked('Digest nonce="asked", qop="auth"'));

  it('count the uses of a nonce, and take a new one when it is stale', () => {
    const digest = credentials();
    expect(digest.authorize(request)).toBeUndefined();
    expect(digest.refused(refusal('Digest nonce="1", qop="auth"', undefined))).toBe('again');
    expect(digest.authorize(request)).toMatch(/nonce="1".*nc=00000001/);
    const second = digest.authorize(request) as string;
    expect(second).toContain('nc=00000002');
    expect(digest.refused(refusal('Digest nonce="2", qop="auth", stale=true', second))).toBe('again');
    expect(digest.authorize(request)).toMatch(/nonce="2".*nc=00000001/);
  });

  it('do not try a wrong password again', () => {
    const digest = credentials();
    digest.refused(refusal('Digest nonce="1", qop="auth"', undefined));
    const used = digest.authorize(request) as string;
    expect(digest.refused(refusal('Digest nonce="1", qop="auth"', used))).toBe('pass');
    expect(digest.refused(refusal('Basic realm="x"', undefined))).toBe('pass');
  });

  it('ask for a nonce before they send a body that can be sent only once', async () => {
    const digest = credentials();
    expect(await digest.authorize({ ...request, method: 'POST', isReplayable: false })).toContain('nonce="asked"');
    const outcome = digest.refused(refusal('Digest nonce="3", qop="auth", stale=true', 'Digest nonce="asked"', false));
    expect(outcome).toMatchObject({ fault: 'backendCredentialsUnavailable', headers: ['Retry-After', '1'] });
  });

  it('ask once for all who wait for a nonce, and count each of them', async () => {
    let questions = 0;
    const digest = digestCredentials('u', 'p', async () => {
      questions++;
      return asked('Digest nonce="asked", qop="auth"');
    });
    const post = { ...request, method: 'POST', isReplayable: false };
    const values = await Promise.all([1, 2, 3].map(() => digest.authorize(post)));
    expect(values.map((value) => /nc=(\d+)/.exec(value ?? '')?.[1])).toEqual(['00000001', '00000002', '00000003']);
    expect(questions).toBe(1);
  });
});
