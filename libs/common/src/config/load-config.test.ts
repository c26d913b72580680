import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { ConfigProblems, loadConfig, port, setting, sharedSettings } from './index.js';

const schema = z.strictObject({
  ...sharedSettings,
  gateway: z
    .strictObject({
      listeners: z
        .strictObject({
          https: setting(port().default(8243), 'HTTPS.', { env: 'GATEWAY_HTTPS_PORT' }),
          http: setting(port().default(8280), 'HTTP.', { env: 'GATEWAY_HTTP_PORT' }),
        })
        .prefault({}),
      plain: setting(z.boolean().default(false), 'Flag.', { env: 'GATEWAY_PLAIN' }),
      names: setting(z.array(z.string()).default(['a']), 'List.', { env: 'GATEWAY_NAMES' }),
      life: setting(z.union([z.int().min(1), z.literal(-1)]).default(60), 'Seconds or -1.', { env: 'GATEWAY_LIFE' }),
      url: setting(z.url().optional(), 'URL.', { env: 'GATEWAY_URL' }),
      password: setting(z.string().min(12).optional(), 'Password.', { env: 'GATEWAY_PASSWORD', secret: true }),
    })
    .prefault({}),
});
const other = z.strictObject({
  ...sharedSettings,
  keyManager: z.strictObject({ size: setting(z.int().default(1), 'Size.', { env: 'KEY_MANAGER_SIZE' }) }).prefault({}),
});

const folder = temporaryFolder();
afterAll(folder.remove);
let files = 0;
function yaml(text: string): string {
  const file = join(folder.path, `keygate${files++}.yaml`);
  writeFileSync(file, text);
  return file;
}

interface Given {
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, string>;
  readonly text?: string;
}
function load({ env = {}, flags = {}, text }: Given = {}) {
  return loadConfig({ schema, sections: [other], env, flags, file: text === undefined ? undefined : yaml(text) });
}
function problemsOf(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigProblems)
      return error.problems.map((problem) => problem.replace(/keygate\d+/, 'keygate'));
    throw error;
  }
  return [];
}

describe('where a value comes from', () => {
  const text = 'gateway:\n  listeners:\n    https: 1000\n  plain: true\n';

  it('is the default when nothing is said', () => {
    const { config, origins } = load();
    expect(config.gateway.listeners.https).toBe(8243);
    expect(origins.get('gateway.listeners.https')).toBe('default');
  });

  it('is the file, then the environment, then a flag', () => {
    expect(load({ text }).config.gateway.listeners.https).toBe(1000);
    expect(load({ text }).origins.get('gateway.listeners.https')).toMatch(/^keygate\d+\.yaml line 3$/);
    const env = { GATEWAY_HTTPS_PORT: '2000', PORT_OFFSET: '1' };
    const both = load({ text, env });
    expect(both.config.gateway.listeners.https).toBe(2001);
    expect(both.origins.get('gateway.listeners.https')).toBe('environment GATEWAY_HTTPS_PORT');
    const all = load({ text, env, flags: { 'port-offset': '5' } });
    expect(all.config.gateway.listeners.https).toBe(2005);
    expect(all.origins.get('portOffset')).toBe('flag --port-offset');
  });

  it('keeps the rest of a group when the environment sets one member', () => {
    const { config } = load({ text, env: { GATEWAY_HTTP_PORT: '2' } });
    expect(config.gateway).toMatchObject({ plain: true, listeners: { https: 1000, http: 2 } });
  });

  it('counts an empty variable as unset', () => {
    expect(load({ env: { GATEWAY_URL: '', GATEWAY_PLAIN: '' } }).config.gateway.plain).toBe(false);
  });

  it('takes a group with everything commented out as absent', () => {
    expect(load({ text: 'gateway:\n  # plain: true\nlogging:\n' }).config.gateway.plain).toBe(false);
  });

  it('leaves the section of the other role alone', () => {
    expect(load({ text: 'keyManager:\n  size: wrong\n' }).config).not.toHaveProperty('keyManager');
  });
});

describe('text from the environment', () => {
  it.each([
    ['GATEWAY_PLAIN', 'true', 'plain', true],
    ['GATEWAY_PLAIN', 'YES', 'plain', true],
    ['GATEWAY_PLAIN', '0', 'plain', false],
    ['GATEWAY_PLAIN', 'off', 'plain', false],
    ['GATEWAY_NAMES', 'x, y,,z ', 'names', ['x', 'y', 'z']],
    ['GATEWAY_LIFE', '-1', 'life', -1],
    ['GATEWAY_LIFE', '5', 'life', 5],
  ] as const)('%s=%s becomes %s: %j', (name, text, key, value) => {
    expect(load({ env: { [name]: text } }).config.gateway[key]).toEqual(value);
  });
});

describe('problems', () => {
  it('are reported all together, each with its setting and where it came from', () => {
    const text = 'portOfset: 1\ngateway:\n  plain: maybe\n  listeners:\n    htps: 1\n    http: 99999\n';
    const env = { GATEWAY_HTTPS_PORT: 'abc', GATEWAY_URL: 'nope', GATEWAY_LIFE: '0', LOG_LEVEL: 'loud' };
    expect(problemsOf({ text, env }).toSorted()).toEqual([
      'gateway.life (environment GATEWAY_LIFE): must be at least 1, not 0',
      'gateway.listeners.htps (keygate.yaml line 5): is not a setting; did you mean https?',
      'gateway.listeners.http (keygate.yaml line 6): must be at most 65535, not 99999',
      'gateway.listeners.https (environment GATEWAY_HTTPS_PORT): must be a number, not "abc"',
      'gateway.plain (keygate.yaml line 3): must be true or false, not "maybe"',
      'gateway.url (environment GATEWAY_URL): must be a URL, not "nope"',
      'logging.level (environment LOG_LEVEL): must be one of trace, debug, info, warn, error, silent, not "loud"',
      'portOfset (keygate.yaml line 1): is not a setting; did you mean portOffset?',
    ]);
  });

  it('know the sections of other roles, so that every role reports a mistyped one alike', () => {
    expect(problemsOf({ text: 'gatway:\n  plain: true\nkeyManger:\n  size: 1\n' })).toEqual([
      'gatway (keygate.yaml line 1): is not a setting; did you mean gateway?',
      'keyManger (keygate.yaml line 3): is not a setting; did you mean keyManager?',
    ]);
  });

  it('name an environment variable that looks like ours and is not', () => {
    expect(
      problemsOf({ env: { GATEWAY_HTTPS_PROT: '1', KEYGATE_DATADIR: 'x', OTHER: 'y', KEY_MANAGER_SIZE: '2' } }),
    ).toEqual([
      'GATEWAY_HTTPS_PROT (environment): is not a setting; did you mean GATEWAY_HTTPS_PORT?',
      'KEYGATE_DATADIR (environment): is not a setting; did you mean KEYGATE_DATA_DIR?',
    ]);
  });

  it('do not include what Kubernetes and Docker put beside a service called gateway', () => {
    const env = {
      GATEWAY_SERVICE_HOST: '10.0.0.1',
      GATEWAY_SERVICE_PORT: '80',
      GATEWAY_SERVICE_PORT_HTTPS: '443',
      GATEWAY_PORT: 'tcp://10.0.0.1:80',
      GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(problemsOf({ env })).toEqual([]);
  });

  it('never repeat a secret', () => {
    const problems = problemsOf({ env: { GATEWAY_PASSWORD: 'hunter2' } });
    expect(problems).toEqual(['gateway.password (environment GATEWAY_PASSWORD): must be at least 12 characters long']);
  });

  it.each([
    ['a list at the top', '- a\n', 'keygate.yaml: must hold settings as "name: value" lines'],
    ['broken YAML', 'gateway:\n  plain: "open\n', /^keygate\.yaml line \d: /],
    ['a name given twice', 'portOffset: 1\nportOffset: 2\n', /^keygate\.yaml line 2: .*unique/],
    ['a group that is a number', 'gateway: 5\n', 'gateway (keygate.yaml line 1): must be a group of settings, not 5'],
  ])('say what is wrong with %s', (_, text, message) => {
    const [problem] = problemsOf({ text });
    if (message instanceof RegExp) expect(problem).toMatch(message);
    else expect(problem).toBe(message);
  });

  it('say that a named file is not there', () => {
    const file = join(folder.path, 'missing.yaml');
    expect(() => loadConfig({ schema, file })).toThrow(`${file}: cannot be read: no such file`);
  });

  it('are few for a file that wants to be large', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 0; i < 8; i++)
      bomb.push(
        `b${i}: &b${i} [${Array(9)
          .fill(i === 0 ? '*a' : `*b${i - 1}`)
          .join(',')}]`,
      );
    expect(() => load({ text: bomb.join('\n') })).toThrow(/alias/i);
  });
});

describe('the result', () => {
  it('is frozen at every depth', () => {
    const { config } = load();
    expect(() => Object.assign(config.gateway.listeners, { https: 1 })).toThrow(TypeError);
    expect(() => (config.gateway.names as string[]).push('b')).toThrow(TypeError);
  });
});

describe('port offset', () => {
  it.each([
    [0, 8243, 8280],
    [1, 8244, 8281],
    [700, 8943, 8980],
  ])('%i is added once to defaults', (offset, https, http) => {
    expect(load({ env: { PORT_OFFSET: `${offset}` } }).config.gateway.listeners).toEqual({ https, http });
  });

  it.each([0, 1, 700])('%i is added once to configured ports too', (offset) => {
    const given = { text: 'gateway: { listeners: { https: 9000 } }', env: { GATEWAY_HTTP_PORT: '7000' } };
    const { config } = load({ ...given, flags: { 'port-offset': `${offset}` } });
    expect(config.gateway.listeners).toEqual({ https: 9000 + offset, http: 7000 + offset });
  });

  it('leaves 0, which asks for any free port', () => {
    const env = { GATEWAY_HTTPS_PORT: '0', GATEWAY_HTTP_PORT: '0', PORT_OFFSET: '700' };
    expect(load({ env }).config.gateway.listeners).toEqual({ https: 0, http: 0 });
  });

  it('beyond the highest port is a problem in words', () => {
    const env = { GATEWAY_HTTPS_PORT: '65000', PORT_OFFSET: '700' };
    expect(problemsOf({ env })).toEqual([
      'gateway.listeners.https (environment GATEWAY_HTTPS_PORT): 65000 plus the port offset 700 is 65700, and the highest port is 65535',
    ]);
  });

  it('two listeners on one port are found before anything listens', () => {
    expect(problemsOf({ env: { GATEWAY_HTTP_PORT: '8243' } })).toEqual([
      'gateway.listeners.http (environment GATEWAY_HTTP_PORT): is port 8243, and so is gateway.listeners.https',
    ]);
  });
});
