import { type Html, html, plainName } from './html.js';
import { alert, inWords, type Page } from './page.js';

export interface LoginPage {
  readonly sessionDataKey: string;
  readonly client: string;
  readonly username: string;
  readonly problem?: LoginProblem | undefined;
}

export type LoginProblem =
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-many'; readonly retryAfterSeconds: number }
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number };

export const loginStatuses = { wrong: 200, 'too-many': 429, busy: 503 } as const;

/** Where a user gives name and password. WSO2: login.do. */
export function loginPage({ sessionDataKey, client, username, problem }: LoginPage): Page {
  const invalid = problem?.kind === 'wrong' && html` aria-invalid="true" aria-describedby="problem"`;
  const body = html`<h1>Log in</h1>
<p class="lead">to continue to <strong><bdi>${plainName(client)}</bdi></strong></p>
${problem && describeProblem(problem)}
<form method="post" action="/commonauth">
<input type="hidden" name="sessionDataKey" value="${sessionDataKey}">
<input type="hidden" name="tocommonauth" value="true">
<label for="username">User name</label>
<input type="text" id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="512" required${invalid}${username === '' && html` autofocus`}>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="512" required${invalid}${username !== '' && html` autofocus`}>
<button type="submit">Log in</button>
<button type="submit" class="plain" name="cancel" value="true" formnovalidate>Cancel</button>
</form>
<div class="note"><p>Only enter your password if the address of this page is the one you know. <bdi>${plainName(client)}</bdi> does not get to see it.</p></div>`;
  return {
    title: problem ? 'Problem: Log in' : 'Log in',
    body,
    status: problem ? loginStatuses[problem.kind] : 200,
    ...(problem && problem.kind !== 'wrong' && { retryAfterSeconds: problem.retryAfterSeconds }),
  };
}

/** The same words whether the user is unknown, locked, or of another tenant. */
export function describeProblem(problem: LoginProblem): Html {
  switch (problem.kind) {
    case 'wrong':
      return alert('User name and password don’t match.', 'Check both, then try again.');
    case 'too-many':
      return alert('Too many failed attempts.', `Please wait ${inWords(problem.retryAfterSeconds)}, then try again.`);
    case 'busy':
      return alert('We can’t check passwords right now.', 'Please try again in a moment.');
  }
}
