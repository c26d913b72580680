import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's Chromium; `npm test` installs it where that is possible. */
export function startBrowser(): Promise<Browser> {
  // Root may not use the sandbox, and the pages are our own.
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
}

export interface Window {
  readonly page: Page;
  /** What the console said that no page should make it say. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A window without scripts, that trusts the cluster's certificates. */
export async function openWindow(browser: Browser, options: BrowserContextOptions = {}): Promise<Window> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  return { page, complaints, close: () => context.close() };
}

export interface ClientApp {
  /** Its redirect URI. */
  readonly callback: string;
  /** The query of the newest answer it got. */
  received(): URLSearchParams;
  close(): Promise<void>;
}

/** An application of somebody else, on this machine, that users are sent back to. */
export async function startClientApp(): Promise<ClientApp> {
  let newest = new URLSearchParams();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/callback') newest = searchParams;
    response
      .setHeader('content-type', 'text/html')
      .end('<title>The application</title><p>Back in the application.</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    callback: `http://localhost:${port}/callback`,
    received: () => newest,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
