/**
 * Browsers cannot set headers on a WebSocket handshake, so a token may come in the query (RFC 6750 section 2.3). It is
 * taken out before anybody else sees the target: the backend, the log, the error.
 */
export function takeQueryToken(target: string): { readonly target: string; readonly token: string | undefined } {
  const start = target.indexOf('?');
  if (start < 0) return { target, token: undefined };
  const tokens: string[] = [];
  const kept = target
    .slice(start + 1)
    .split('&')
    .filter((parameter) => {
      const equals = parameter.indexOf('=');
      const name = equals < 0 ? parameter : parameter.slice(0, equals);
      if (decoded(name) !== 'access_token') return true;
      tokens.push(decoded(equals < 0 ? '' : parameter.slice(equals + 1)));
      return false;
    });
  if (tokens.length === 0) return { target, token: undefined };
  const path = target.slice(0, start);
  // Two tokens make none: which one was meant nobody can say, and a blank makes it malformed.
  return { target: kept.length === 0 ? path : `${path}?${kept.join('&')}`, token: tokens.join(' ') };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
