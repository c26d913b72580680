import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { thumbprintOf } from '../../apis/thumbprint.js';
import { connectionCertificate } from '../connection-certificate.js';
import type { Exchange } from '../exchange.js';
import { headerValues } from '../header-lines.js';

/** A certificate that somebody proved to hold, with those that came along with it. */
export interface ShownCertificate {
  readonly thumbprint: string;
  /** Absent when a proxy names it: then it says nothing of the next request on the connection. */
  readonly connection?: Socket;
  readonly certificate: () => X509Certificate;
  /** The rest of the chain as sent: not checked in any way. */
  readonly others: () => readonly X509Certificate[];
}

/** Longest header that is read as a certificate. */
const maxHeaderLength = 16_384;

/**
 * The certificate of the connection; behind a proxy that is trusted to have checked it, the one it names. From anybody
 * else the header is a claim that costs nothing to make.
 */
export function shownCertificate(
  exchange: Exchange,
  isTrustedProxy: ((address: string) => boolean) | undefined,
): ShownCertificate | undefined {
  const { socket } = exchange.request;
  if (isTrustedProxy?.(exchange.peerAddress)) {
    const named = headerValues(exchange.rawHeaders, 'x-wso2-client-certificate');
    if (named.length > 0) return named.length === 1 ? certificateIn(named[0] as string) : undefined;
  }
  const own = connectionCertificate(socket);
  if (own === undefined) return undefined;
  return {
    thumbprint: own.thumbprint,
    connection: socket,
    certificate: () => own.certificate,
    others: () => chainOf(own.certificate),
  };
}

/** PEM as it is, percent-encoded (nginx, Envoy), or its Base64 text alone. */
function certificateIn(text: string): ShownCertificate | undefined {
  if (text.length > maxHeaderLength) return undefined;
  try {
    const pem = text.includes('%') ? decodeURIComponent(text) : text;
    const base64 = pem.replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, '').replace(/\s+/g, '');
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    return { thumbprint: thumbprintOf(certificate.raw), certificate: () => certificate, others: () => [] };
  } catch {
    return undefined;
  }
}

const longestChain = 8;

function chainOf({ issuerCertificate }: X509Certificate): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = issuerCertificate; next !== undefined && chain.length < longestChain; next = next.issuerCertificate) {
    chain.push(next);
  }
  return chain;
}
