import type { StickyCookies } from '../apis/compiled-endpoint.js';
import type { Exchange } from '../pipeline/exchange.js';
import type { BackendAddress } from './backend-address.js';

const name = 'keygate-backend';
const pattern = new RegExp(`(?:^|;)\\s*${name}=([\\w-]{22})(?=\\s*(?:;|$))`);

/** The address a client's cookie holds it to; a cookie that was made up holds it to none. */
export function stuckTo({ rawHeaders }: Exchange, addresses: readonly BackendAddress[]): BackendAddress | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'cookie') continue;
    const value = pattern.exec(rawHeaders[i + 1] as string)?.[1];
    if (value !== undefined) return addresses.find(({ stickyValue }) => stickyValue === value);
  }
  return undefined;
}

/** The gateway's cookie is no business of the backend's. */
export function withoutStickyCookie(headers: string[]): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== 'cookie') continue;
    const others = (headers[i + 1] as string).split(';').filter((cookie) => !cookie.trim().startsWith(`${name}=`));
    if (others.length === 0) headers.splice(i, 2);
    else headers[i + 1] = others.join(';').trim();
    return;
  }
}

export function stickyCookie(
  { attributes }: StickyCookies,
  { stickyValue }: BackendAddress,
  isSecure: boolean,
): string {
  return `${name}=${stickyValue}${attributes}${isSecure ? '; Secure' : ''}`;
}
