import { type Attack, clientBasic, type Expected, form, invalidRequest, type Listener, oauth } from './attack.js';

/** What gets past the form and the client, and is refused by the rules of the endpoint itself. */
export function tokenAttacks(at: Listener, path: string): Attack[] {
  const invalidGrant = oauth(400, 'invalid_grant');
  const invalidScope = oauth(400, 'invalid_scope');
  const unsupported = oauth(400, 'unsupported_grant_type');
  const login = 'grant_type=password&username={user}&password={password}';
  const rows: (readonly [what: string, body: string, answer: Expected, costly?: boolean])[] = [
    ['nothing', '', invalidRequest()],
    ['ampersands only', '&'.repeat(60_000), invalidRequest()],
    ['no grant type', 'username={user}&password={password}', invalidRequest()],
    ['an empty grant type', 'grant_type=', invalidRequest()],
    ['an unknown grant type', 'grant_type={canary}', unsupported],
    ['a grant type named after an object member', 'grant_type=__proto__', unsupported],
    ['a grant type in upper case', 'grant_type=PASSWORD&username={user}&password={password}', unsupported],
    ['a grant type with a blank behind it', 'grant_type=password+&username={user}&password={password}', unsupported],
    ['a grant type with a NUL behind it', 'grant_type=password%00&username={user}&password={password}', unsupported],
    ['a grant type in letters of full width', 'grant_type=%EF%BD%90assword', unsupported],
    ['a grant type of 16,000 characters', `grant_type=${'g'.repeat(16_000)}`, unsupported],
    ['a wrong password', 'grant_type=password&username={user}&password={canary}', invalidGrant, true],
    ['an unknown user', 'grant_type=password&username={canary}&password={canary}', invalidGrant, true],
    ['SQL in the user name', "grant_type=password&username='+OR+1%3D1--&password=x", invalidGrant, true],
    ['a user name of another tenant', 'grant_type=password&username={user}%40elsewhere&password=x', invalidGrant, true],
    ['no password', 'grant_type=password&username={user}', invalidRequest()],
    ['an empty password', 'grant_type=password&username={user}&password=', invalidRequest()],
    ['two passwords', `${login}&password={canary}`, invalidRequest()],
    ['a NUL in the user name', 'grant_type=password&username=ad%00min&password={password}', invalidRequest()],
    ['a NUL in the password', 'grant_type=password&username={user}&password=can%00ary', invalidRequest()],
    ['line breaks in the user name', 'grant_type=password&username=a%0d%0aSet-Cookie:x&password=x', invalidRequest()],
    ['a user name of 600 characters', `grant_type=password&username=${'a'.repeat(600)}&password=x`, invalidRequest()],
    [
      'a password of 16,000 characters',
      `grant_type=password&username={user}&password=${'p'.repeat(16_000)}`,
      invalidRequest(),
    ],
    ['a non-character', 'grant_type=password&username=%ef%bf%bf&password=x', invalidRequest()],
    ['a scope with a quote', `${login}&scope=a%22canary`, invalidScope],
    ['a scope with a line break', `${login}&scope=a%0d%0ab`, invalidScope],
    ['a scope beyond ASCII', `${login}&scope=%c3%a9canary`, invalidScope],
    ['a scope with a backslash', 'grant_type=client_credentials&scope=a%5cb', invalidScope],
    ['an unknown refresh token', 'grant_type=refresh_token&refresh_token=canary00000000000000000000', invalidGrant],
    ['a refresh token of one character', 'grant_type=refresh_token&refresh_token=c', invalidGrant],
    ['no refresh token', 'grant_type=refresh_token', invalidRequest()],
    ['a refresh token with a NUL', 'grant_type=refresh_token&refresh_token=can%00ary', invalidRequest()],
    [
      'a refresh token of 16,000 characters',
      `grant_type=refresh_token&refresh_token=${'r'.repeat(16_000)}`,
      invalidRequest(),
    ],
    ['a life that is no number', 'grant_type=client_credentials&validity_period=NaN', invalidRequest()],
    ['a life with an exponent', 'grant_type=client_credentials&validity_period=1e9', invalidRequest()],
    ['a life of 400 digits', `grant_type=client_credentials&validity_period=${'9'.repeat(400)}`, invalidRequest()],
    [
      'a grant that is not for this client',
      'grant_type=authorization_code&code=canary&redirect_uri=x',
      oauth(400, 'unauthorized_client'),
    ],
  ];
  return rows.map(([what, body, answer, costly = false]) => ({
    ...{ at, endpoint: path, what, method: 'POST', path, authorization: clientBasic, body, answer, costly },
    headers: { 'Content-Type': form },
  }));
}

/** RFC 7009 §2.2: a token that is none counts as revoked; RFC 7662 §2.2: it is not active, and no reason is given. */
export function unknownTokenAttacks(at: Listener, path: string, answer: Expected): Attack[] {
  const malformed = invalidRequest();
  const rows: (readonly [what: string, body: string, answer: Expected])[] = [
    ['no token', 'token_type_hint=access_token', malformed],
    ['an empty token', 'token=', malformed],
    ['nothing', '', malformed],
    ['an unknown token', 'token={canary}', answer],
    ['a token with a NUL', 'token=can%00ary', answer],
    ['a token of 16,000 characters', `token=${'t'.repeat(16_000)}`, answer],
    ['a token of characters beyond ASCII', 'token=%f0%9f%94%91canary', answer],
    ['a JWT without a signature', 'token=eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.', answer],
    ['two dots', 'token=..', answer],
    ['an unknown hint', 'token=canary&token_type_hint={canary}', answer],
    ['a hint named after an object member', 'token=canary&token_type_hint=constructor', answer],
    ['SQL', "token='+or+'1'%3d'1", answer],
  ];
  return rows.map(([what, body, expected]) => ({
    ...{ at, endpoint: path, what, method: 'POST', path, authorization: clientBasic, body, answer: expected },
    headers: { 'Content-Type': form },
  }));
}
