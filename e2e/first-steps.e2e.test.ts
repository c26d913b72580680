import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  freePort,
  type RunningProcess,
  type TemporaryFolder,
  temporaryFolder,
  waitUntil,
} from '@keygate/common/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWindow, startBrowser, type Window } from './support/browser.js';
import { noSecretIsPrinted } from './support/no-secrets.js';
import { repository, start } from './support/processes.js';
import { type Quickstart, startQuickstart } from './support/quickstart.js';
import { remember, type TokenAnswer } from './support/token-client.js';

const page = readFileSync(join(repository, 'docs/first-steps.md'), 'utf8');
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');

describe('docs/first-steps.md, pasted into a shell from top to bottom', () => {
  let quickstart: Quickstart;
  let browser: Browser;
  let window: Window;
  let shell: RunningProcess;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    [quickstart, browser] = await Promise.all([startQuickstart(), startBrowser()]);
    window = await openWindow(browser);
    folder = temporaryFolder();
    // Apache's workers are another user.
    chmodSync(folder.path, 0o755);
    const [callbackPort, apachePort] = [await freePort(), await freePort()];
    // Ports of the page may be taken on this machine.
    const script = [
      'set -Eeu',
      'trap \'echo "failed: $BASH_COMMAND"\' ERR',
      "APACHE=; trap 'kill $APACHE || true' EXIT",
      commands,
    ]
      .join('\n')
      .replaceAll('localhost:8000', `localhost:${callbackPort}`)
      .replaceAll('listen(8000', `listen(${callbackPort}`)
      .replaceAll('127.0.0.1:8090', `127.0.0.1:${apachePort}`);
    shell = await start('bash', ['-c', script], {
      name: 'the page',
      watch: false,
      env: { FACTS: join(quickstart.dataDir, 'quickstart.json'), TMPDIR: folder.path },
    });
  });
  afterAll(async () => {
    await shell?.stop();
    await browser?.close();
    await quickstart?.stop();
    folder?.remove();
  });

  /** The address that the shell asked the user to open as the `count`th one. */
  async function addressToOpen(count: number): Promise<string> {
    const printed = () => [...shell.output().matchAll(/^Open (https:\S+)$/gm)].map(([, address]) => address ?? '');
    await waitUntil(() => printed().length >= count || !shell.isRunning(), { timeoutMillis: 60_000 });
    const address = printed()[count - 1];
    if (address === undefined) throw new Error(`the shell ended: ${shell.output()}`);
    return address;
  }

  it('the user logs in and allows the application', async () => {
    await window.page.goto(await addressToOpen(1));
    await window.page.getByLabel('User name').fill('demo');
    await window.page.getByLabel('Password').fill('demo-password');
    await window.page.getByRole('button', { name: 'Log in' }).click();
    await window.page.getByRole('button', { name: 'Allow', exact: true }).click();
    await window.page.getByText('Back in the application.').waitFor();
  });

  it('the user, logged in already, compares the code and allows the device', async () => {
    await window.page.goto(await addressToOpen(2));
    const code = await window.page.getByLabel('Code').inputValue();
    await window.page.getByText('Check that the device shows this code.').waitFor();
    await window.page.getByRole('button', { name: 'Continue' }).click();
    await window.page.getByText(code).waitFor();
    await window.page.getByRole('button', { name: 'Allow', exact: true }).click();
    await window.page.getByText('The device is connected').waitFor();
  });

  it('every command does what the page says', async () => {
    await waitUntil(() => !shell.isRunning(), { timeoutMillis: 120_000, what: 'the end of the page' });
    const { code } = await shell.ended;
    expect(code, shell.output()).toBe(0);
    expect(shell.output()).toContain('DPoP 200 401');
    expect(shell.output()).toContain('introspected says hello');
    expect(shell.output()).toContain('by-keys says hello');
    for (const [, token = ''] of shell.output().matchAll(/^"([0-9a-f]{32})"$/gm)) {
      remember({ access_token: token } as TokenAnswer);
    }
  });

  noSecretIsPrinted();
});
