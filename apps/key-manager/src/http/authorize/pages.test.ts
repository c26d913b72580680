import { describe, expect, it } from 'vitest';
import { assets } from './assets.js';
import { consentPage } from './consent-page.js';
import { codePage } from './device-pages.js';
import { html, plainName } from './html.js';
import { loginPage } from './login-page.js';
import { errorPage, formPostPage, logoutPage } from './other-pages.js';
import { inWords } from './page.js';

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '`onmouseover=alert(1)`',
  '</title><script>alert(1)</script>',
  '<!--',
  '&lt;script&gt;',
];
/** As it was sent it would be markup. */
const safe = (markup: string, text: string) => expect(markup).not.toContain(text);

describe('markup', () => {
  it.each(hostile)('escapes %s in text and in attributes', (text) => {
    const markup = html`<p title="${text}">${text}</p>`.toString();
    safe(markup, text);
    expect(markup.match(/[<>]/g)).toHaveLength(4);
  });

  it('escapes what is escaped already once more, and only makes markup from markup', () => {
    expect(html`${'&amp;'}`.toString()).toBe('&amp;amp;');
    expect(html`<ul>${[html`<li>${'<'}</li>`, html`<li>2</li>`]}</ul>`.toString()).toBe(
      '<ul><li>&lt;</li><li>2</li></ul>',
    );
    expect(html`${undefined}${false}${0}`.toString()).toBe('0');
  });

  it.each([
    ['Pizza\u202emoc.live', 'Pizza moc.live'],
    ['a\u0000b\r\nc\u2066d', 'a b c d'],
    ['  a \u200b\ufeff b ', 'a b'],
    ['\ud800', ''],
    ['😀'.repeat(210), `${'😀'.repeat(200)}…`],
  ])('reads %j as %j', (name, expected) => {
    expect(plainName(name)).toBe(expected);
  });
});

describe('the pages', () => {
  it.each(hostile)('let nothing of %s through', (text) => {
    const client = { title: text, name: text };
    const scopes = [{ title: text, description: text }];
    const pages = [
      loginPage({ sessionDataKey: text, client: text, username: text, problem: { kind: 'wrong' } }),
      consentPage({
        sessionDataKeyConsent: text,
        client,
        username: text,
        scopes,
        redirectUri: 'https://shop.example/cb',
        canBeRemembered: true,
      }),
      errorPage(text),
      logoutPage(text, text, text),
      formPostPage(
        { redirectUri: `https://a.example/${text}`, responseMode: 'form_post', parameters: [[text, text]] },
        text,
      ),
    ];
    for (const { body } of pages) safe(body.toString(), text);
  });

  it('say where the user is sent', () => {
    const to = (redirectUri: string) => {
      const rest = { client: { title: 'a', name: 'a' }, username: 'a', scopes: [], canBeRemembered: false };
      return consentPage({ sessionDataKeyConsent: '', redirectUri, ...rest }).body.toString();
    };
    expect(to('https://shop.example/cb?x=evil.example')).toContain('<strong>shop.example</strong>');
    expect(to('http://127.0.0.1:4711/cb')).toContain('this device (127.0.0.1:4711)');
    expect(to('com.example.app:/cb')).toContain('an app on this device (com.example.app)');
    expect(to('https://shop.example/cb')).not.toContain('hasApprovedAlways');
  });

  it('ask to type a code, and to compare one that came with a link (RFC 8628 §3.3.1)', () => {
    expect(codePage('').body.toString()).toContain('Type the code that the device shows.');
    expect(codePage('BCDF-GHJK').body.toString()).toContain('Check that the device shows this code.');
    expect(codePage('BCDF-GHJK', 'unknown').body.toString()).toContain('Type the code that the device shows.');
  });

  it('tell how long to wait, with 429 and 503', () => {
    const page = { sessionDataKey: 'k', client: 'c', username: 'u' };
    const waiting = loginPage({ ...page, problem: { kind: 'too-many', retryAfterSeconds: 240 } });
    expect(waiting).toMatchObject({ status: 429, retryAfterSeconds: 240 });
    expect(waiting.body.toString()).toContain('wait 4 minutes');
    expect(loginPage({ ...page, problem: { kind: 'busy', retryAfterSeconds: 2 } })).toMatchObject({ status: 503 });
    expect([1, 2, 89, 90, 121].map(inWords)).toEqual(['1 second', '2 seconds', '89 seconds', '2 minutes', '3 minutes']);
  });

  it('name only the errors that they know', () => {
    expect(errorPage('invalid_callback').body.toString()).toContain('invalid_callback');
    for (const code of ['constructor', '__proto__', 'call 555', undefined]) {
      expect(errorPage(code).body.toString()).not.toContain(code ?? 'undefined');
    }
  });

  it('have assets whose names change with what they hold', () => {
    for (const { path } of assets) expect(path).toMatch(/^\/authenticationendpoint\/[a-z]+-[\w-]{16}\.(css|svg)$/);
  });
});
