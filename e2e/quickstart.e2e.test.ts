import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@keygate/common/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { curl, paste } from './support/curl.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { commandLine, descendants, isAlive } from './support/processes.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { bearer, remember, type TokenAnswer } from './support/token-client.js';

const opaqueToken = /^[0-9a-f]{32}$/;
const documentedAuthorization =
  'Authorization: Basic d1U2MkRqbHlEQm5xODdHbEJ3cGxmcXZtQWJBYTprc2RTZG9lZkREUDd3cGFFbGZxdm1qRHVl';

describe('npm start', () => {
  let quickstart: Quickstart;
  let tokens: TokenAnswer;

  beforeAll(async () => {
    quickstart = await startQuickstart({ throughNpm: true });
  });
  afterAll(async () => {
    await quickstart?.stop();
  });

  it('tells scripts where everything is, in a file nobody else may read', () => {
    const { facts, dataDir } = quickstart;
    const base = facts.portOffset;
    expect(statSync(join(dataDir, 'quickstart.json')).mode & 0o777).toBe(0o600);
    expect(facts).toMatchObject({
      tokenUrl: `https://localhost:${8243 + base}/token`,
      revokeUrl: `https://localhost:${8243 + base}/revoke`,
      gatewayUrl: `https://localhost:${8243 + base}`,
      gatewayHttpUrl: `http://localhost:${8280 + base}`,
      managementUrl: `https://localhost:${9443 + base}`,
      consumerKey: 'wU62DjlyDBnq87GlBwplfqvmAbAa',
      consumerSecret: 'ksdSdoefDDP7wpaElfqvmjDue',
      username: 'demo',
      adminUsername: 'admin',
    });
    expect(isAlive(facts.pid)).toBe(true);
  });

  it('answers the documented curl, run by curl', async () => {
    const { facts } = quickstart;
    const answer = await curl([
      '-k',
      '-d',
      `grant_type=password&username=${facts.username}&password=${facts.password}`,
      '-H',
      documentedAuthorization,
      '-H',
      'Content-Type: application/x-www-form-urlencoded',
      facts.tokenUrl,
    ]);
    expect(answer.status).toBe(200);
    tokens = remember(JSON.parse(answer.body) as TokenAnswer);
    expect(tokens).toEqual({
      scope: 'default',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: expect.stringMatching(opaqueToken),
      access_token: expect.stringMatching(opaqueToken),
    });
  });

  it('prints commands that work when pasted', async () => {
    const commands = quickstart.process
      .output()
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('curl ') || /^[A-Z_]+=\$\(/.test(line));
    expect(commands.length).toBeGreaterThanOrEqual(5);
    const printed = await paste(commands.join('\n'));
    expect(printed).toContain('900910');
  });

  it('refreshes with rotation: the old pair stops working, the new one works', async () => {
    const { tokens: client, client: https, facts } = quickstart;
    const first = await client.password(facts.username, facts.password, facts.sampleApi.readScope);
    const second = await client.refresh(first.refresh_token ?? '');
    expect(second.access_token).toMatch(opaqueToken);
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.scope).toBe(facts.sampleApi.readScope);
    await expect.poll(() => statusOf(first.access_token), { timeout: 1_000 }).toBe(401);
    expect(await statusOf(second.access_token)).toBe(200);

    async function statusOf(accessToken: string): Promise<number> {
      return (await https.call(quickstart.readUrl, { headers: bearer(accessToken) })).status;
    }
  });

  it('ends the whole family when a refresh token is used again after its successor was', async () => {
    const { tokens: client, facts } = quickstart;
    const first = await client.password(facts.username, facts.password);
    const second = await client.refresh(first.refresh_token ?? '');
    const third = await client.refresh(second.refresh_token ?? '');
    const reuse = await client.request({ grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' });
    expect(reuse.status).toBe(400);
    expect(reuse.json()).toMatchObject({ error: 'invalid_grant' });
    const newest = await client.request({ grant_type: 'refresh_token', refresh_token: third.refresh_token ?? '' });
    expect(newest.json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('lets a call through with the scope and refuses it without, as WSO2 and RFC 6750 say', async () => {
    const { tokens: client, client: https, facts, readUrl, updateUrl } = quickstart;
    const { access_token } = await client.password(facts.username, facts.password, facts.sampleApi.readScope);
    expect((await https.call(readUrl, { headers: bearer(access_token) })).status).toBe(200);

    const refused = await https.call(updateUrl, {
      method: facts.sampleApi.updateMethod,
      headers: { ...bearer(access_token), 'Content-Type': 'application/json' },
      body: '{"name":"Rex"}',
    });
    expect(refused.status).toBe(403);
    expect(String(refused.json().code)).toBe('900910');
    expect(refused.headers['www-authenticate']).toContain('insufficient_scope');

    const both = `${facts.sampleApi.readScope} ${facts.sampleApi.updateScope}`;
    const wider = await client.password(facts.username, facts.password, both);
    const allowed = await https.call(updateUrl, {
      method: facts.sampleApi.updateMethod,
      headers: { ...bearer(wider.access_token), 'Content-Type': 'application/json' },
      body: '{"name":"Rex"}',
    });
    expect(allowed.status).toBeGreaterThanOrEqual(200);
    expect(allowed.status).toBeLessThan(300);
  });

  it('refuses a revoked access token, and the refresh token of its grant', async () => {
    const { tokens: client, client: https, facts, readUrl } = quickstart;
    const granted = await client.password(facts.username, facts.password, facts.sampleApi.readScope);
    expect((await https.call(readUrl, { headers: bearer(granted.access_token) })).status).toBe(200);
    expect((await client.revoke(granted.access_token)).status).toBe(200);
    await waitUntil(async () => (await https.call(readUrl, { headers: bearer(granted.access_token) })).status === 401, {
      timeoutMillis: 1_000,
      what: 'the revoked token to be refused',
    });
  });

  it('starts a role again that was killed', async () => {
    const children = () => descendants(quickstart.process.pid).filter((pid) => commandLine(pid).includes('main.js'));
    for (const role of ['key-manager', 'gateway']) {
      const victim = children().find((pid) => commandLine(pid).includes(`main.js ${role}`));
      expect(victim, role).toBeDefined();
      process.kill(victim ?? 0, 'SIGKILL');
      await waitUntil(async () => (await tryToken()) === 200 && !isAlive(victim ?? 0), {
        timeoutMillis: 30_000,
        what: `tokens after the ${role} was killed`,
      });
    }

    async function tryToken(): Promise<number> {
      return quickstart.tokens.request({ grant_type: 'client_credentials' }).then(
        (answer) => answer.status,
        () => 0,
      );
    }
  });

  it('knows its tokens and users again after a restart', async () => {
    const { facts, dataDir } = quickstart;
    const kept = await quickstart.tokens.password(facts.username, facts.password, facts.sampleApi.readScope);
    const children = descendants(quickstart.process.pid);
    expect(children.length).toBeGreaterThanOrEqual(2);

    await quickstart.stop();
    expect(existsSync(join(dataDir, 'quickstart.json'))).toBe(false);
    await waitUntil(() => children.every((pid) => !isAlive(pid)), { what: 'every child process to be gone' });

    quickstart = await startQuickstart({ dataDir, offset: facts.portOffset });
    expect(quickstart.facts.adminPassword).toBe(facts.adminPassword);
    const again = await quickstart.client.call(quickstart.readUrl, { headers: bearer(kept.access_token) });
    expect(again.status).toBe(200);
  });

  it('drains on Ctrl-C with exit code 0 and leaves nothing running', async () => {
    const children = descendants(quickstart.process.pid);
    expect(await quickstart.interrupt()).toEqual({ code: 0, signal: null });
    expect(existsSync(join(quickstart.dataDir, 'quickstart.json'))).toBe(false);
    await waitUntil(() => children.every((pid) => !isAlive(pid)), { what: 'every child process to be gone' });
  });

  noSecretIsPrinted();
});
