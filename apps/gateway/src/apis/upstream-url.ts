import type { Upstream } from './compiled-catalog.js';
import type { TemplatePart } from './compiled-endpoint.js';

const variable = /\{(\+?)uri\.var\.([\w.-]+)\}/g;

/** How each scheme is connected to, and what is spoken then. */
const schemes: Readonly<Record<string, { readonly over: string; readonly protocol?: Upstream['protocol'] }>> = {
  http: { over: 'http' },
  https: { over: 'https' },
  ws: { over: 'http', protocol: 'ws' },
  wss: { over: 'https', protocol: 'ws' },
  grpc: { over: 'http', protocol: 'grpc' },
  grpcs: { over: 'https', protocol: 'grpc' },
};

/** The reason in words when the address cannot be used; it never repeats the address, which may hold a password. */
export function parseUpstream(text: string): Upstream | string {
  const variables: TemplatePart[] = [];
  // Text that is legal anywhere stands in for each variable while the URL is taken apart.
  const filled = text.trim().replaceAll(variable, (_, plus: string, name: string) => {
    variables.push({ name, keepsReserved: plus === '+' });
    return placeholder(variables.length - 1);
  });
  if (/[{}]/.test(filled)) return 'only {uri.var.NAME} and {+uri.var.NAME} may stand in a URL';
  const [, scheme = '', rest = ''] = /^([a-z][a-z\d+.-]*):(.*)$/is.exec(filled) ?? [];
  const known = schemes[scheme.toLowerCase()];
  if (known === undefined) return scheme === '' ? 'not an absolute URL' : `cannot speak ${scheme.toLowerCase()}:`;
  if (!URL.canParse(`${known.over}:${rest}`)) return 'not an absolute URL';
  const url = new URL(`${known.over}:${rest}`);
  if (url.username !== '' || url.password !== '') return 'a user name in the URL is not sent; use endpoint security';
  const basePath = url.pathname.replace(/\/+$/, '');
  const query = url.search.slice(1);
  const upstream = { origin: url.origin, basePath, query, ...(known.protocol && { protocol: known.protocol }) };
  if (variables.length === 0) return upstream;
  const path = partsOf(basePath, variables);
  const queryParts = partsOf(query, variables);
  // Whoever calls would choose the host: the path and the query are what a resource's variables are for.
  const placed = [...path, ...queryParts].filter((part) => typeof part !== 'string').length;
  if (placed !== variables.length) return 'a variable may stand in the path and the query only';
  return { ...upstream, template: { path, query: queryParts } };
}

const placeholder = (index: number) => `uri-var-${index}-placeholder`;

function partsOf(text: string, variables: readonly TemplatePart[]): TemplatePart[] {
  return text
    .split(/uri-var-(\d+)-placeholder/)
    .map((part, index) => (index % 2 === 0 ? part : (variables[Number(part)] ?? '')))
    .filter((part) => part !== '');
}
