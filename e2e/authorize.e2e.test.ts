import { createHash, randomBytes } from 'node:crypto';
import { temporaryFolder } from '@keygate/common/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientApp, openWindow, startBrowser, startClientApp, type Window } from './support/browser.js';
import { clusterClient, type Role, startGateway, startKeyManager } from './support/cluster.js';
import type { Client } from './support/https-client.js';
import { createApplication, generateKeys, management } from './support/management-client.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { freeOffset } from './support/ports.js';
import { secret } from './support/secrets.js';
import { basic, type Consumer, type TokenAnswer, tokenClient } from './support/token-client.js';

const adminPassword = secret('canary-Admin-password-8', 'the admin password');
const password = secret('canary-User-password-8', 'the password of a user');

describe('logging in and allowing an application, with a real browser and without scripts', () => {
  let keyManager: Role;
  let gateway: Role;
  let client: Client;
  let app: ClientApp;
  let browser: Browser;
  let window: Window;
  let consumer: Consumer;
  let verifier = '';

  beforeAll(async () => {
    const settings = { dataDir: temporaryFolder().path, offset: await freeOffset(), adminPassword };
    [keyManager, app, browser] = await Promise.all([startKeyManager(settings), startClientApp(), startBrowser()]);
    gateway = await startGateway(settings);
    client = clusterClient(settings);
    const rest = await management(client, keyManager.url, 'admin', adminPassword);
    const applicationId = await createApplication(rest, 'Pizza Palace');
    consumer = await generateKeys(rest, applicationId, 'PRODUCTION', {
      grantTypesToBeSupported: ['authorization_code', 'refresh_token'],
      callbackUrl: app.callback,
    });
    const created = await client.call(`${keyManager.url}/scim2/Users`, {
      method: 'POST',
      headers: { Authorization: basic('admin', adminPassword), 'Content-Type': 'application/scim+json' },
      body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'alice', password }),
    });
    expect(created.status).toBe(201);
    window = await openWindow(browser, { viewport: { width: 360, height: 740 }, isMobile: true });
  });
  afterAll(async () => {
    await browser?.close();
    client?.close();
    await Promise.all([gateway?.process.stop(), keyManager?.process.stop(), app?.close()]);
  });

  function address(change: Record<string, string> = {}): string {
    verifier = secret(randomBytes(32).toString('base64url'), 'a code verifier');
    const parameters = {
      response_type: 'code',
      client_id: consumer.consumerKey,
      redirect_uri: app.callback,
      scope: 'openid',
      state: 'where I was',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...change,
    };
    return `${keyManager.url}/oauth2/authorize?${new URLSearchParams(parameters)}`;
  }

  const focused = () => window.page.locator(':focus');
  const { press, type } = {
    press: (key: string) => window.page.keyboard.press(key),
    type: (text: string) => window.page.keyboard.type(text),
  };
  /** Goes on with Tab until the element with this text or label has the focus. */
  async function tabTo(text: string): Promise<void> {
    const wanted = window.page.getByRole('button', { name: text }).or(window.page.getByLabel(text));
    for (let presses = 0; presses < 15; presses++) {
      await press('Tab');
      if (await wanted.and(focused()).count()) return;
    }
    throw new Error(`${text} cannot be reached with Tab`);
  }
  /** Nothing sticks out to the right. */
  async function expectNoSidewaysScrolling(): Promise<void> {
    const boxes = await window.page.locator('body *:visible').all();
    for (const box of boxes) {
      const { x, width } = (await box.boundingBox()) ?? { x: 0, width: 0 };
      expect(x + width).toBeLessThanOrEqual(360);
    }
  }

  it('shows who asks, with the field ready to type in, on a small screen', async () => {
    await window.page.goto(address());
    expect(await window.page.title()).toBe('Log in · Keygate');
    expect(await window.page.getByRole('main').textContent()).toContain('Pizza Palace');
    expect(await focused().getAttribute('autocomplete')).toBe('username');
    await expectNoSidewaysScrolling();
  });

  it('says that the password is wrong, and keeps the name', async () => {
    await type('alice');
    await press('Tab');
    await type('not my password');
    await press('Enter');
    await window.page.waitForURL(/authFailure/);
    expect(await window.page.getByRole('alert').textContent()).toContain('don’t match');
    expect(await window.page.getByLabel('User name').inputValue()).toBe('alice');
    expect(await focused().getAttribute('autocomplete')).toBe('current-password');
    await expectNoSidewaysScrolling();
  });

  it('lets the user allow the application, by keyboard alone, and gives it a code that is worth tokens', async () => {
    await type(password);
    await press('Enter');
    await window.page.waitForURL(/oauth2_consent\.do/);
    const text = await window.page.getByRole('main').textContent();
    for (const part of ['Pizza Palace', 'alice', 'Know that it is you', new URL(app.callback).host]) {
      expect(text).toContain(part);
    }
    await expectNoSidewaysScrolling();
    await tabTo('Don’t ask me again');
    await press('Space');
    await tabTo('Allow');
    await press('Enter');
    await window.page.waitForURL(`${app.callback}**`);
    expect(app.received().get('state')).toBe('where I was');
    expect(app.received().get('iss')).toMatch(/\/oauth2\/token$/);

    const urls = { tokenUrl: `${keyManager.url}/oauth2/token`, revokeUrl: `${keyManager.url}/oauth2/revoke` };
    const answer = await tokenClient(client, urls, consumer).request({
      grant_type: 'authorization_code',
      code: secret(app.received().get('code') ?? '', 'an authorization code'),
      redirect_uri: app.callback,
      code_verifier: verifier,
    });
    expect(answer.status).toBe(200);
    const granted = answer.json<TokenAnswer>();
    secret(granted.access_token, 'an access token');
    secret(granted.refresh_token ?? '', 'a refresh token');
    expect(granted.scope).toBe('openid');
  });

  it('asks for neither password nor permission again', async () => {
    await window.page.goto(address({ state: 'again' }));
    await window.page.waitForURL(`${app.callback}**`);
    expect([app.received().get('state'), app.received().has('code')]).toEqual(['again', true]);
  });

  it('begins at the gateway as well', async () => {
    const { search } = new URL(address({ state: 'through the gateway' }));
    await window.page.goto(`${gateway.url}/authorize${search}`);
    await window.page.waitForURL(`${app.callback}**`);
    expect([app.received().get('state'), app.received().has('code')]).toEqual(['through the gateway', true]);
  });

  it('asks again when the application wants it to, and tells it of a no', async () => {
    await window.page.goto(address({ prompt: 'consent' }));
    await tabTo('Don’t allow');
    await press('Enter');
    await window.page.waitForURL(`${app.callback}**`);
    expect(app.received().get('error')).toBe('access_denied');
  });

  it('logs out', async () => {
    await window.page.goto(`${keyManager.url}/oidc/logout`);
    await tabTo('Log out');
    await press('Enter');
    await window.page.getByText('You are logged out').waitFor();
    await window.page.goto(address({ prompt: 'none' }));
    await window.page.waitForURL(`${app.callback}**`);
    expect(app.received().get('error')).toBe('login_required');
  });

  it('made the console complain of nothing', () => {
    expect(window.complaints).toEqual([]);
  });

  it('sends nobody to an address that is not registered', async () => {
    await window.page.goto(address({ redirect_uri: 'https://evil.example/' }));
    expect(await window.page.getByRole('alert').textContent()).toContain('not one it has registered');
    expect(new URL(window.page.url()).origin).toBe(keyManager.url);
  });

  noSecretIsPrinted();
});
