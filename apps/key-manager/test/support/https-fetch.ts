import { type RequestOptions, request } from 'node:https';

/** `fetch` for client libraries, with the CA and the client certificate that Node's own takes from nobody. */
export function httpsFetch(options: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername'>) {
  return (input: string | URL | Request, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const url = input instanceof Request ? input.url : input;
      const headers = Object.fromEntries(new Headers(init.headers));
      const method = init.method ?? 'GET';
      const sent = request(url, { ...options, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 500;
          const body = status === 204 ? null : Buffer.concat(chunks);
          const pairs = Object.entries(response.headers).map(
            ([name, value]) => [name, String(value)] as [string, string],
          );
          resolve(new Response(body, { status, headers: pairs }));
        });
      });
      sent.on('error', reject);
      sent.end(init.body === undefined || init.body === null ? undefined : String(init.body));
    });
}
