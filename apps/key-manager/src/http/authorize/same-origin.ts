import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a form may have come from one of our own pages. A second line against forged requests beside the sealed step:
 * browsers say where a form stands, and pages of other sites can't make them lie. A client that is no browser says
 * nothing and is let in, since it carries nobody's cookies but its own. A proxy may have changed `Host`, so what
 * clients know the server as counts too.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, publicOrigin: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const own = [publicOrigin, `https://${host ?? ''}`];
  return own.some((one) => one.toLowerCase() === origin.toLowerCase());
}
