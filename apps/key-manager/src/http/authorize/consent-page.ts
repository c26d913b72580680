import { html, plainName } from './html.js';
import type { Page } from './page.js';

export interface ScopeText {
  readonly title: string;
  readonly description?: string | undefined;
}

export interface ConsentPage {
  readonly sessionDataKeyConsent: string;
  readonly client: ClientText;
  /** As shown to people. */
  readonly username: string;
  readonly scopes: readonly ScopeText[];
  /** Where the answer goes. */
  readonly redirectUri: string;
  readonly canBeRemembered: boolean;
}

export interface ClientText {
  readonly title: string;
  /** WSO2: the name of the service provider. */
  readonly name: string;
}

/** Where a user allows a client, or doesn't. WSO2: oauth2_consent.do. */
export function consentPage(page: ConsentPage): Page {
  const client = plainName(page.client.title);
  const username = plainName(page.username);
  const body = html`<h1><bdi>${client}</bdi> asks for access to your account</h1>
<form method="post" action="/oauth2/authorize" class="account">
<input type="hidden" name="sessionDataKeyConsent" value="${page.sessionDataKeyConsent}"><span class="letter" aria-hidden="true">${[...username][0]?.toUpperCase()}</span>
<div class="who"><span>Logged in as</span><strong><bdi>${username}</bdi></strong></div>
<button type="submit" class="link" name="consent" value="switch">Not you?</button>
</form>
<form method="post" action="/oauth2/authorize">
<input type="hidden" name="sessionDataKeyConsent" value="${page.sessionDataKeyConsent}">
<h2 id="scopes">If you allow it, <bdi>${client}</bdi> can:</h2>
<ul class="scopes" aria-labelledby="scopes">
${page.scopes.map(scopeItem)}
</ul>
${
  page.canBeRemembered &&
  html`<label class="check"><input type="checkbox" name="hasApprovedAlways" value="true">
<span>Don’t ask me again<small>You will be asked only if it wants more than this.</small></span></label>`
}
<div class="choices"><button type="submit" name="consent" value="approve">Allow</button>
<button type="submit" class="plain" name="consent" value="deny">Don’t allow</button></div>
</form>
<div class="note"><p>You will be sent to <strong>${destination(page.redirectUri)}</strong>.</p>
<p>Registered as <bdi>${plainName(page.client.name)}</bdi></p></div>`;
  return { title: `Allow ${client}?`, body };
}

function scopeItem({ title, description }: ScopeText) {
  const text = description && plainName(description);
  return html`<li><strong><bdi>${plainName(title)}</bdi></strong>${text && html`<span><bdi>${text}</bdi></span>`}</li>
`;
}

/** The part of the address that tells whose it is. */
function destination(redirectUri: string): string {
  if (!/^https?:/i.test(redirectUri))
    return `an app on this device (${redirectUri.slice(0, redirectUri.indexOf(':'))})`;
  const { hostname, host } = new URL(redirectUri);
  return /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname) ? `this device (${host})` : host;
}
