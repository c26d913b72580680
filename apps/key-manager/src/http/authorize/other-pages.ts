import type { AuthorizationResponse } from '../../oauth2/authorization/authorization-response.js';
import { html, plainName } from './html.js';
import type { Page } from './page.js';

/** What is said for each code; the text in the address could be anybody's. */
const errors: Readonly<Record<string, readonly [heading: string, text: string]>> = {
  invalid_request: ['This link doesn’t work', 'The application asked in a way that we can’t answer.'],
  invalid_client: ['We don’t know this application', 'It is not registered here, or no longer.'],
  invalid_callback: [
    'We won’t send you there',
    'The address that the application wants you to return to is not one it has registered.',
  ],
};
const anyError = ['Something went wrong', 'The request could not be handled.'] as const;

/** For a request that nobody but the user is told about. WSO2: oauth2_error.do. */
export function errorPage(code: string | undefined): Page {
  const [heading, text] = (Object.hasOwn(errors, code ?? '') && errors[code ?? '']) || anyError;
  const known = Object.hasOwn(errors, code ?? '') ? code : undefined;
  const body = html`<h1>${heading}</h1>
<p class="lead" role="alert">${text}</p>
<div class="note"><p>Nothing was shared. Please go back to the application and tell the people who run it.</p>
${known && html`<p>Error: <code>${known}</code></p>`}</div>`;
  return { title: heading, body, status: 400 };
}

export function messagePage(heading: string, text: string, status: number, retryAfterSeconds?: number): Page {
  const body = html`<h1>${heading}</h1>
<p class="lead" role="alert">${text}</p>`;
  return { title: heading, body, status, retryAfterSeconds };
}

/** The browser doesn't hold the step that the address names. */
export const lostPage = messagePage(
  'This page is no longer open',
  'It was open for too long, was used already, or your browser doesn’t keep cookies. Please go back to the application and start again.',
  400,
);

export const foreignFormPage = messagePage(
  'We didn’t ask for this',
  'This form was sent from another site, so nothing was done.',
  403,
);

export function logoutPage(logoutKey: string, username: string, client: string | undefined): Page {
  const from =
    client !== undefined && html` from <bdi>${plainName(client)}</bdi> and everything else you opened with it`;
  const body = html`<h1>Log out?</h1>
<p class="lead">You are logged in as <strong><bdi>${plainName(username)}</bdi></strong>. Logging out ends your login in this browser${from}.</p>
<form method="post" action="/oidc/logout">
<input type="hidden" name="sessionDataKey" value="${logoutKey}">
<div class="choices"><button type="submit" name="logout" value="true">Log out</button>
<button type="submit" class="plain" name="logout" value="false">Stay logged in</button></div>
</form>`;
  return { title: 'Log out?', body };
}

export const loggedOutPage: Page = {
  title: 'Logged out',
  body: html`<h1>You are logged out</h1>
<p class="lead">Applications that you allowed to act for you may still do so until their access ends. You can close this page.</p>`,
};

export const stillLoggedInPage: Page = {
  title: 'Still logged in',
  body: html`<h1>You are still logged in</h1>
<p class="lead">Nothing has changed. You can close this page.</p>`,
};

/** OAuth 2.0 Form Post Response Mode, with a button in the place of a script. */
export function formPostPage({ redirectUri, parameters }: AuthorizationResponse, client: string): Page {
  const body = html`<h1>One more step</h1>
<p class="lead">Continue to <strong><bdi>${plainName(client)}</bdi></strong>.</p>
<form method="post" action="${redirectUri}">
${parameters.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button type="submit" autofocus>Continue</button>
</form>`;
  return { title: 'Continue', body };
}
