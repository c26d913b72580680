import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { banner } from './banner.js';
import type { QuickstartFacts } from './quickstart-file.js';

const base: QuickstartFacts = {
  pid: 1,
  portOffset: 700,
  tokenUrl: 'https://localhost:8943/token',
  revokeUrl: 'https://localhost:8943/revoke',
  gatewayUrl: 'https://localhost:8943',
  gatewayHttpUrl: 'http://localhost:8980',
  webSocketUrls: ['wss://localhost:8799', 'ws://localhost:9799'],
  managementUrl: 'https://localhost:10143',
  adminUsername: 'admin',
  adminPassword: 'generated',
  caFile: '/data/tls/ca.crt',
};
const demo: QuickstartFacts = {
  ...base,
  consumerKey: 'wU62DjlyDBnq87GlBwplfqvmAbAa',
  consumerSecret: 'ksdSdoefDDP7wpaElfqvmjDue',
  username: 'demo',
  password: 'demo-password',
  sampleApi: {
    context: '/petstore',
    version: '1.0.0',
    readPath: '/pets',
    readScope: 'read',
    updatePath: '/pets',
    updateMethod: 'POST',
    updateScope: 'update',
  },
};

const commandsIn = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(curl |[A-Z]+=\$\()/.test(line));

describe('banner', () => {
  it('shows the documented command as it is documented, with the port of the offset', () => {
    expect(commandsIn(banner(demo, []))[0]).toBe(
      'curl -k -d "grant_type=password&username=demo&password=demo-password" ' +
        '-H "Authorization: Basic d1U2MkRqbHlEQm5xODdHbEJ3cGxmcXZtQWJBYTprc2RTZG9lZkREUDd3cGFFbGZxdm1qRHVl" ' +
        '-H "Content-Type: application/x-www-form-urlencoded" https://localhost:8943/token',
    );
  });

  it('leads on to a page that is there', () => {
    const [page = ''] = /docs\/\S+/.exec(banner(demo, [])) ?? [];
    expect(existsSync(fileURLToPath(new URL(`../../../../${page}`, import.meta.url)))).toBe(true);
  });

  it('names no port without the offset', () => {
    expect(banner(demo, [])).not.toMatch(/\b(8243|8280|8099|9099|9443)\b/);
  });

  it('has commands a shell understands, for a token, a refresh, both calls and the revocation', () => {
    const commands = commandsIn(banner(demo, []));
    const { status, stderr } = spawnSync('bash', ['-n'], { input: commands.join('\n'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    const text = commands.join('\n');
    for (const part of ['grant_type=refresh_token', '-X POST', '/petstore/1.0.0/pets', '/revoke', 'scope=read']) {
      expect(text).toContain(part);
    }
  });

  it('picks the tokens out of an answer', () => {
    const answer = '{"scope":"read","refresh_token":"r1","access_token":"a1"}';
    for (const [name, token] of [
      ['TOKEN', 'a1'],
      ['REFRESH', 'r1'],
    ]) {
      const line = commandsIn(banner(demo, [])).find((command) => command.startsWith(`${name}=`)) ?? '';
      const filter = line.slice(line.indexOf('| sed') + 2, -1);
      expect(spawnSync('bash', ['-c', filter], { input: answer, encoding: 'utf8' }).stdout.trim()).toBe(token);
    }
  });

  it('without demo data has no commands and no demo credentials', () => {
    const text = banner(base, ['no redis-server on the PATH']);
    expect(commandsIn(text)).toEqual([]);
    expect(text).toContain('no redis-server on the PATH');
    expect(text).toContain('admin / generated');
  });
});
