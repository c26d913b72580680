import { describe, expect, it } from 'vitest';
import { correlationOf, createLogger, nestLogger } from './index.js';

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

function lines(format: 'json' | 'pretty' = 'json') {
  const written: string[] = [];
  const logger = createLogger({
    name: 'gateway',
    level: 'trace',
    format,
    destination: { write: (line: string) => void written.push(line) },
  });
  return { logger, text: () => written.join(''), last: () => JSON.parse(written.at(-1) ?? '{}') };
}

describe('redaction', () => {
  const canary = 'c4n4ry-v4lue-0123456789abcdef';

  it.each([
    ['a password', { password: canary }],
    ['a header', { headers: { authorization: `Bearer ${canary}`, cookie: `session=${canary}` } }],
    ['a token by either spelling', { access_token: canary, refreshToken: canary }],
    ['a secret deep inside', { a: { b: [{ clientSecret: canary }] } }],
    ['a whole group with a secret name', { credentials: { user: canary, list: [canary] } }],
    ['a map', { headers: new Map([['authorization', canary]]) }],
    ['bytes', { payload: Buffer.from(canary) }],
    ['an error and its cause', { err: new Error(`Bearer ${canary}`, { cause: new Error(`password=${canary}`) }) }],
    ['a URL with a password', { url: `redis://:${canary}@host:6379`, other: `postgres://u:${canary}@db/x` }],
    ['form parameters in a text', { target: `/token?access_token=${canary}&x=1`, body: `client_secret=${canary}` }],
    ['a private key', { pem: `-----BEGIN PRIVATE KEY-----\n${canary}\n-----END PRIVATE KEY-----` }],
    ['binary keys as arrays', { secretKey: [...Buffer.from(canary)], tokenHash: canary }],
  ])('hides %s', (_, facts) => {
    for (const format of ['json', 'pretty'] as const) {
      const { logger, text } = lines(format);
      logger.info(facts, 'message');
      logger.child(facts).warn('child');
      expect(text()).not.toContain(canary);
      expect(text()).toContain('message');
    }
  });

  it('hides credentials in the message itself and in what fills it', () => {
    const { logger, text } = lines();
    logger.info(`got Authorization: Basic ${canary}`);
    logger.info('got %s', `Bearer ${canary}`);
    logger.error(new Error(`redis://:${canary}@host failed`));
    expect(text()).not.toContain(canary);
    expect(text()).toContain('host failed');
  });

  it('keeps what helps and is no secret', () => {
    const { logger, last } = lines();
    logger.info(
      { token_type: 'Bearer', grantType: 'password', tokens: 5, tokenKind: 'USER', err: new Error('boom') },
      'm',
    );
    expect(last()).toMatchObject({ token_type: 'Bearer', grantType: 'password', tokens: 5, tokenKind: 'USER' });
    expect(last().err).toMatchObject({ type: 'Error', message: 'boom' });
    expect(last().err.stack).toContain('logging.test');
  });

  it('ends for objects that contain themselves', () => {
    const { logger, text } = lines();
    const loop: Record<string, unknown> = { name: 'loop' };
    loop.self = loop;
    logger.info({ loop }, 'm');
    expect(text()).toContain('[deep]');
  });
});

describe('lines', () => {
  it('are JSON with time, level and name', () => {
    const { logger, last } = lines();
    logger.child({ correlationId: 'abc' }).info({ port: 1 }, 'listening');
    expect(last()).toMatchObject({ level: 'info', name: 'gateway', msg: 'listening', port: 1, correlationId: 'abc' });
    expect(Date.parse(last().time)).toBeGreaterThan(0);
  });

  it('are readable when pretty', () => {
    const { logger, text } = lines('pretty');
    logger.warn({ port: 1, err: new Error('boom') }, 'hm');
    expect(text()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}gateway hm port=1\n {4}Error: boom\n {8,}at /);
  });
});

describe('Nest logger', () => {
  it('maps levels, keeps the context and takes start-up chatter for debug', () => {
    const { logger, last } = lines();
    const nest = nestLogger(logger);
    nest.log('Mapped {/token, POST}', 'RouterExplorer');
    expect(last()).toMatchObject({ level: 'debug', context: 'RouterExplorer', msg: 'Mapped {/token, POST}' });
    nest.error(new Error('boom'), 'stack', 'Context');
    expect(last()).toMatchObject({ level: 'error', context: 'Context', msg: 'boom', err: { message: 'boom' } });
  });
});

describe('correlation id', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';

  it.each([
    [{ activityid: 'a-1' }, 'a-1'],
    [{ 'x-correlation-id': 'b.2' }, 'b.2'],
    [{ activityid: 'a-1', 'x-correlation-id': 'b.2' }, 'a-1'],
    [{ traceparent: `00-${trace}-b7ad6b7169203331-01` }, trace],
    [{ activityid: 'not well formed', 'x-correlation-id': 'b.2' }, 'b.2'],
  ])('is taken from %j', (headers, expected) => {
    expect(correlationOf(headers)).toBe(expected);
  });

  it.each([
    [{}],
    [{ activityid: '' }],
    [{ activityid: 'line\nbreak' }],
    [{ activityid: '"quoted"' }],
    [{ activityid: 'x'.repeat(129) }],
    [{ activityid: ['a', 'b'] }],
    [{ traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }],
    [{ traceparent: 'garbage' }],
  ])('is a new UUID for %j', (headers) => {
    expect(correlationOf(headers)).toMatch(uuid);
  });
});
