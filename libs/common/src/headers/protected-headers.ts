/** Framing, routing and what belongs to one connection; who the caller is; what finds a request in the logs. */
const names = new Set([
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'expect'],
  ...['host', 'content-length', 'content-encoding', 'content-range', 'activityid', 'forwarded', 'x-real-ip'],
  ...['x-jwt-assertion', 'www-authenticate', 'age', 'dpop', 'proxy'],
]);

const prefixes = ['proxy-', 'x-forwarded-', 'x-wso2-', ':'];

/** Headers that no policy of an API may set or take out. `name` is judged in lower case with `_` read as `-`. */
export function isProtectedHeader(name: string): boolean {
  const judged = name.toLowerCase().replaceAll('_', '-');
  return names.has(judged) || prefixes.some((prefix) => judged.startsWith(prefix));
}
