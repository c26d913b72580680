import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { KeyRestrictions } from '../ports.js';

/**
 * Where an API key may be used from (WSO2: permittedIP, permittedReferer); undefined: from anywhere. An entry that makes
 * no sense permits nothing, and a list of nothing else permits nobody.
 */
export function compileRestrictions(ips: readonly string[], referers: readonly string[]): KeyRestrictions | undefined {
  if (ips.length === 0 && referers.length === 0) return undefined;
  const addresses = addressesOf(ips);
  const sites = referers.map(siteOf);
  return {
    allows: (clientAddress, referer) =>
      (ips.length === 0 || holds(addresses, clientAddress)) &&
      (referers.length === 0 || (referer !== undefined && isFrom(sites, referer))),
  };
}

function addressesOf(ips: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of ips) {
    const [address = '', prefix, ...rest] = entry.trim().split('/');
    const family = familyOf(address);
    if (family === undefined || rest.length > 0) continue;
    if (prefix === undefined) list.addAddress(address, family);
    else if (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv4' ? 32 : 128)) {
      list.addSubnet(address, Number(prefix), family);
    }
  }
  return list;
}

function holds(list: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && list.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  if (isIPv4(address)) return 'ipv4';
  return isIPv6(address) ? 'ipv6' : undefined;
}

interface Site {
  readonly host: string;
  /** `*.host`: any name below it. */
  readonly isBelow: boolean;
  /** With its slash; undefined: any path. */
  readonly path: string | undefined;
}

/** `host/path`, `host/*`, `*.host/*`; the scheme does not matter. */
function siteOf(entry: string): Site {
  const text = withoutScheme(entry.trim());
  const slash = text.indexOf('/');
  const name = (slash < 0 ? text : text.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '' : text.slice(slash);
  const isBelow = name.startsWith('*.');
  return { host: isBelow ? name.slice(1) : name, isBelow, path: path === '/*' ? undefined : path };
}

function isFrom(sites: readonly Site[], referer: string): boolean {
  const text = withoutScheme(referer);
  const end = text.search(/[/?#]/);
  const host = (end < 0 ? text : text.slice(0, end)).toLowerCase();
  const path = end < 0 ? '' : text.slice(end);
  return sites.some((site) => isHost(site, host) && isPath(site, path));
}

/** Compared from the end with the dot in front: `evil-example.com` is not below `example.com`. */
function isHost(site: Site, host: string): boolean {
  return site.isBelow ? host.length > site.host.length && host.endsWith(site.host) : host === site.host;
}

function isPath({ path }: Site, given: string): boolean {
  return path === undefined || path === given || (path === '' && given === '/');
}

const withoutScheme = (url: string): string => url.replace(/^https?:\/\//i, '');
