import type { FastifyReply } from 'fastify';
import { logo, stylesheet } from './assets.js';
import { type Html, html } from './html.js';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * No script at all, nothing from elsewhere, no frame around it. `form-action` is left out on purpose: browsers apply it
 * to every redirect that follows a form, and after the login those lead to the client and on to wherever it goes next.
 */
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Of every answer of these rooms, redirects included. */
export const pageHeaders = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'content-security-policy': policy,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // `no-referrer` would make browsers send `Origin: null` with our own forms; nothing leaves this origin either way.
  'referrer-policy': 'same-origin',
} as const;

export function sendPage(reply: FastifyReply, { title, body, status = 200, retryAfterSeconds }: Page): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  return reply.code(status).headers(pageHeaders).type('text/html; charset=utf-8').send(layout(title, body).toString());
}

function layout(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Keygate</title>
<link rel="icon" type="image/svg+xml" href="${logo.path}">
<link rel="stylesheet" href="${stylesheet.path}">
</head>
<body>
<div class="brand"><img src="${logo.path}" alt="">Keygate</div>
<main>
${body}
</main>
</body>
</html>
`;
}

/** What went wrong, read out by screen readers as soon as the page is there. */
export function alert(...lines: readonly (string | Html)[]): Html {
  return html`<div class="alert" role="alert" id="problem">${lines.map((line) => html`<p>${line}</p>`)}</div>`;
}

/** A length of time as people say it. */
export function inWords(seconds: number): string {
  if (seconds < 90) return seconds === 1 ? '1 second' : `${Math.max(1, Math.ceil(seconds))} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return `${minutes} minutes`;
}
