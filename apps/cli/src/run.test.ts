import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@keygate/common/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from './run.js';

describe('keygate', () => {
  let folder: TemporaryFolder;
  let out: string;
  let err: string;

  beforeEach(() => {
    folder = temporaryFolder();
    out = '';
    err = '';
    const toOut = (text: unknown) => {
      out += String(text);
      return true;
    };
    const toErr = (text: unknown) => {
      err += String(text);
      return true;
    };
    vi.spyOn(console, 'log').mockImplementation((text: string) => void toOut(`${text}\n`));
    vi.spyOn(process.stdout, 'write').mockImplementation(toOut);
    vi.spyOn(process.stderr, 'write').mockImplementation(toErr);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    folder.remove();
  });

  const file = (text: string) => {
    const path = join(folder.path, 'keygate.yaml');
    writeFileSync(path, text);
    return path;
  };

  describe('help', () => {
    it.each([
      [['--help']],
      [['up', '--help']],
      [['gateway', '--help']],
      [['key-manager', '--help']],
      [['ports', '--help']],
      [['config', 'check', '--help']],
      [['config', 'show', '--help']],
      [['migrate', 'status', '--help']],
      [['migrate', 'up', '--help']],
      [['certs', 'issue', '--help']],
      [['users', 'create', '--help']],
      [['users', 'set-password', '--help']],
      [['users', 'lock', '--help']],
      [['users', 'unlock', '--help']],
      [['users', 'delete', '--help']],
      [['audit', 'verify', '--help']],
      [['audit', 'list', '--help']],
      [['janitor', 'run', '--help']],
    ])('of %j has examples and exits 0', async (args) => {
      expect(await run(args, {})).toBe(0);
      expect(out).toMatch(/Examples:\n {2}\$ /);
    });

    it('follows a mistake, which exits 1', async () => {
      expect(await run(['gatway'], {})).toBe(1);
      expect(err).toMatch(/unknown command 'gatway'/);
      expect(await run(['gateway', '--nonsense'], {})).toBe(1);
    });

    it('does not offer passwords as arguments', async () => {
      await run(['users', 'create', '--help'], {});
      expect(out).not.toMatch(/--password[ =<]/);
    });
  });

  describe('config', () => {
    it('check says valid, and names the file', async () => {
      const path = file('portOffset: 3\n');
      expect(await run(['config', 'check', '--config', path], {})).toBe(0);
      expect(out).toBe(`${path}: valid\n`);
    });

    it('check reports the problems of both roles together, each once, without a stack trace', async () => {
      const path = file('portOffset: x\ngateway: { htps: 1 }\nkeyManager: { drainSeconds: no }\nother: 1\n');
      expect(await run(['config', 'check'], { KEYGATE_CONFIG: path })).toBe(1);
      expect(err).toContain('4 problems');
      expect(err).toContain('portOffset (keygate.yaml line 1): must be a number, not "x"');
      expect(err).toContain('gateway.htps (keygate.yaml line 2): is not a setting');
      expect(err).toContain('keyManager.drainSeconds (keygate.yaml line 3)');
      expect(err).toContain('other (keygate.yaml line 4): is not a setting');
      expect(err).not.toMatch(/\n\s+at /);
    });

    it('check --json prints the problems as data', async () => {
      expect(await run(['config', 'check', '--json'], { PORT_OFFSET: '-1' })).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        valid: false,
        problems: ['portOffset (environment PORT_OFFSET): must be at least 0, not -1'],
      });
      expect(err).toBe('');
    });

    it('show --origin says where each value came from and masks secrets', async () => {
      const env = { DATABASE_URL: 'postgresql://u:canary@db/x', KEYGATE_ADMIN_PASSWORD: 'canary', PORT_OFFSET: '1' };
      expect(await run(['config', 'show', '--origin', '--port-offset', '700'], env)).toBe(0);
      expect(out).toMatch(/^gateway\.listeners\.https +8943 +default$/m);
      expect(out).toMatch(/^portOffset +700 +flag --port-offset$/m);
      expect(out).toMatch(/^keyManager\.databaseUrl +\*{8} +environment DATABASE_URL$/m);
      expect(out).not.toContain('canary');
    });

    it('show --json is data', async () => {
      await run(['config', 'show', '--json', '--origin', '-DportOffset=1'], {});
      expect(JSON.parse(out)['gateway.listeners.https']).toEqual({ value: 8244, origin: 'default' });
    });
  });

  describe('ports', () => {
    it.each([
      [0, [8243, 8280, 8099, 9099, 9643, 9443, 9763, 10_397, 9844]],
      [1, [8244, 8281, 8100, 9100, 9644, 9444, 9764, 10_398, 9845]],
      [700, [8943, 8980, 8799, 9799, 10_343, 10_143, 10_463, 11_097, 10_544]],
    ])('with offset %i are these', async (offset, ports) => {
      expect(await run(['ports', '--json', `-DportOffset=${offset}`], {})).toBe(0);
      const rows = JSON.parse(out) as { port: number; setting: string }[];
      expect(rows.map(({ port }) => port)).toEqual(ports);
    });

    it('say which is taken and by whom', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      await run(['ports'], { GATEWAY_HTTPS_PORT: `${port}` });
      server.close();
      const line = out.split('\n').find((each) => each.startsWith(`${port}`));
      expect(line).toMatch(/gateway +gateway\.listeners\.https +GATEWAY_HTTPS_PORT +127\.0\.0\.1 +taken/);
      expect(line).toContain(`(${process.pid})`);
    });

    it('beyond the highest are a problem', async () => {
      expect(await run(['ports', '--port-offset', '55001'], {})).toBe(1);
      expect(err).toContain('portOffset (flag --port-offset): must be at most 55000');
    });
  });

  describe('certs issue', () => {
    const issue = (...more: string[]) =>
      run(
        ['certs', 'issue', '--cn', 'gateway-2', '--out', join(folder.path, 'out'), '--data-dir', folder.path, ...more],
        {
          KEYGATE_SOMETHING_ELSE: 'this command judges only what it reads',
        },
      );

    it('writes three files, leaves them when they are still good, and makes a new pair for other hosts', async () => {
      expect(await issue()).toBe(0);
      const read = () => readFileSync(join(folder.path, 'out/gateway-2.crt'), 'utf8');
      const first = read();
      expect(existsSync(join(folder.path, 'out/ca.crt'))).toBe(true);
      expect(await issue('--json')).toBe(0);
      expect(read()).toBe(first);
      await issue('--hosts', 'km.example.com, 10.0.0.5');
      expect(read()).not.toBe(first);
    });

    it('refuses a name that would be a path', async () => {
      expect(await run(['certs', 'issue', '--cn', '../x', '--out', folder.path, '--data-dir', folder.path], {})).toBe(
        1,
      );
      expect(err).toMatch(/--cn: must be/);
    });
  });

  describe('users', () => {
    it('wants a password from a file that has one', async () => {
      const empty = join(folder.path, 'empty');
      writeFileSync(empty, '\n');
      const args = ['users', 'create', 'alice', '--password-file', empty, '--data-dir', folder.path];
      expect(await run(args, {})).toBe(1);
      expect(err).toBe(`keygate: no password in ${empty}\n`);
    });
  });

  describe('up', () => {
    it('refuses demo data on an address others can reach', async () => {
      expect(await run(['up', '--demo', '--data-dir', folder.path], { KEY_MANAGER_BIND_ADDRESS: '0.0.0.0' })).toBe(1);
      expect(err).toContain('demo data is for loopback only; use --no-demo');
    });

    it('refuses taken ports in one line, with who has them and a free offset', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      const zero = {
        GATEWAY_HTTP_PORT: '0',
        GATEWAY_WSS_PORT: '0',
        GATEWAY_WS_PORT: '0',
        GATEWAY_OPERATIONS_PORT: '0',
      };
      const keyManager = ['HTTPS', 'HTTP', 'GRPC', 'OPERATIONS'].map((name) => [`KEY_MANAGER_${name}_PORT`, '0']);
      const env = { GATEWAY_HTTPS_PORT: `${port}`, ...zero, ...Object.fromEntries(keyManager) };
      expect(await run(['up', '--data-dir', folder.path], env)).toBe(1);
      server.close();
      expect(err).toMatch(
        new RegExp(
          `^keygate: taken: port ${port} \\(gateway\\.listeners\\.https\\) by .*; free it or try --port-offset \\d+\\n$`,
        ),
      );
    });
  });
});
