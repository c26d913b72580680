/** A URL at which a server is reached, taken apart once. */
export interface OwnUrl {
  readonly origin: string;
  /** Without a slash at the end; empty for most. */
  readonly prefix: string;
}

/** Throws `TypeError` for what is no absolute URL. */
export function ownUrl(text: string): OwnUrl {
  const { origin, pathname } = new URL(text);
  return { origin, prefix: pathname.replace(/\/+$/, '') };
}

/**
 * Whether `htu` names `path` of one of our URLs (RFC 9449 §4.3, item 9): compared after the normalisation of RFC 3986
 * §6.2.2 and §6.2.3, without query and fragment. The Host header plays no part in it: it says whatever the sender wants,
 * so a server that received a proof meant for itself could pass it on here under its own name.
 */
export function namesOwnUrl(htu: string, own: readonly OwnUrl[], path: string): boolean {
  if (htu.length > 8_192 || !URL.canParse(htu)) return false;
  const { origin, pathname } = new URL(htu);
  const named = normalizedPath(pathname);
  return own.some((url) => url.origin === origin && normalizedPath(url.prefix + path) === named);
}

const unreserved = /[A-Za-z0-9._~-]/;

function normalizedPath(path: string): string {
  // The URL parser resolves dot segments and escapes what has to be, but leaves escapes as they are.
  const resolved = URL.canParse(`http://h${path}`) ? new URL(`http://h${path}`).pathname : path;
  return resolved.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return unreserved.test(character) ? character : escaped.toUpperCase();
  });
}
