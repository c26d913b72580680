import type { EndpointConfig } from '../apis/api.js';

const members = ['production_endpoints', 'sandbox_endpoints', 'production_failovers', 'sandbox_failovers'] as const;

/** Every address that an API calls. */
export function endpointUrls(config: EndpointConfig | null | undefined): string[] {
  return members.flatMap((member) =>
    [config?.[member]].flat().flatMap((entry) => {
      const url = typeof entry === 'object' && entry !== null ? (entry as { url?: unknown }).url : undefined;
      return typeof url === 'string' && url !== '' ? [url] : [];
    }),
  );
}

/** Host and port, which is what a backend's certificate is shown for; undefined for what is no address. */
export function addressOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, port } = new URL(url);
  const isPlain = protocol === 'http:' || protocol === 'ws:' || protocol === 'grpc:';
  return hostname === '' ? undefined : `${hostname.toLowerCase()}:${port || (isPlain ? '80' : '443')}`;
}

/** A slash at the end makes no other endpoint. */
export const isSameEndpoint = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '');
