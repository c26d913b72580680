import type { ScopeText } from './consent-page.js';
import { type Html, html, plainName } from './html.js';
import { describeProblem, type LoginProblem, loginStatuses } from './login-page.js';
import { alert, inWords, type Page } from './page.js';

/** Where a user types what the device shows (RFC 8628 §3.3). */
export function codePage(code: string, problem?: 'unknown' | { readonly waitSeconds: number }): Page {
  const invalid = problem === 'unknown' && html` aria-invalid="true" aria-describedby="problem"`;
  // RFC 8628 §3.3.1: a code that came with a link is compared, since somebody else may have sent the link.
  const isFilledIn = code !== '' && problem === undefined;
  const body = html`<h1>Connect a device</h1>
<p class="lead">${isFilledIn ? 'Check that the device shows this code.' : 'Type the code that the device shows.'}</p>
${problem && describe(problem)}
<form method="post" action="/device">
<label for="user_code">Code</label>
<input type="text" id="user_code" name="user_code" value="${code}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="32" placeholder="XXXX-XXXX" required${invalid} autofocus>
<button type="submit">Continue</button>
</form>
<div class="note"><p>Only go on if you have the device in front of you and started this yourself. Nobody will ever ask you for such a code in a message or on the phone.</p></div>`;
  const wait = typeof problem === 'object' ? problem.waitSeconds : undefined;
  return {
    title: problem ? 'Problem: Connect a device' : 'Connect a device',
    body,
    status: wait === undefined ? 200 : 429,
    retryAfterSeconds: wait,
  };
}

function describe(problem: 'unknown' | { readonly waitSeconds: number }): Html {
  return problem === 'unknown'
    ? alert('We don’t know this code.', 'It is not right, was used already, or is too old. Check the device.')
    : alert('Too many wrong codes.', `Please wait ${inWords(problem.waitSeconds)}, then try again.`);
}

export interface DeviceLoginPage {
  readonly code: string;
  readonly client: string;
  readonly username: string;
  readonly problem?: LoginProblem | undefined;
}

export function deviceLoginPage({ code, client, username, problem }: DeviceLoginPage): Page {
  const invalid = problem?.kind === 'wrong' && html` aria-invalid="true" aria-describedby="problem"`;
  const body = html`<h1>Log in</h1>
<p class="lead">to connect <strong><bdi>${plainName(client)}</bdi></strong></p>
${problem && describeProblem(problem)}
<form method="post" action="/device">
<input type="hidden" name="user_code" value="${code}">
<label for="username">User name</label>
<input type="text" id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="512" required${invalid}${username === '' && html` autofocus`}>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="512" required${invalid}${username !== '' && html` autofocus`}>
<button type="submit">Log in</button>
</form>
<div class="note"><p>Only enter your password if the address of this page is the one you know. The device does not get to see it.</p></div>`;
  return {
    title: problem ? 'Problem: Log in' : 'Log in',
    body,
    status: problem ? loginStatuses[problem.kind] : 200,
    ...(problem && problem.kind !== 'wrong' && { retryAfterSeconds: problem.retryAfterSeconds }),
  };
}

export interface DeviceConsentPage {
  readonly code: string;
  /** The login that decides, by its `sid`. */
  readonly sessionId: string;
  readonly client: string;
  readonly username: string;
  readonly scopes: readonly ScopeText[];
}

/** Shows the code again: a user who was sent here by somebody else sees a code that their device does not show. */
export function deviceConsentPage({ code, sessionId, client, username, scopes }: DeviceConsentPage): Page {
  const name = plainName(username);
  const hidden = html`<input type="hidden" name="user_code" value="${code}"><input type="hidden" name="session" value="${sessionId}">`;
  const body = html`<h1>Connect <bdi>${plainName(client)}</bdi> to your account?</h1>
<form method="post" action="/device" class="account">${hidden}<span class="letter" aria-hidden="true">${[...name][0]?.toUpperCase()}</span>
<div class="who"><span>Logged in as</span><strong><bdi>${name}</bdi></strong></div>
<button type="submit" class="link" name="decision" value="switch">Not you?</button>
</form>
<p class="lead">The device has to show this code: <strong class="code">${code}</strong></p>
<form method="post" action="/device">${hidden}
<h2 id="scopes">If you allow it, the device can:</h2>
<ul class="scopes" aria-labelledby="scopes">
${scopes.map(({ title, description }) => {
  const text = description && plainName(description);
  return html`<li><strong><bdi>${plainName(title)}</bdi></strong>${text && html`<span><bdi>${text}</bdi></span>`}</li>
`;
})}
</ul>
<div class="choices"><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" class="plain" name="decision" value="deny">Don’t allow</button></div>
</form>`;
  return { title: `Connect ${plainName(client)}?`, body };
}

export const deviceAllowedPage: Page = {
  title: 'Device connected',
  body: html`<h1>The device is connected</h1>
<p class="lead" role="status">It will go on by itself in a few seconds. You can close this page.</p>`,
};

export const deviceDeniedPage: Page = {
  title: 'Device not connected',
  body: html`<h1>The device was not connected</h1>
<p class="lead" role="status">Nothing was shared. You can close this page.</p>`,
};
