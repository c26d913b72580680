import type { Server } from 'node:http';
import { createServer } from 'node:net';
import { type ListenSettings, listen } from '@keygate/common/lifecycle';
import { ensureCertificate, ensureLocalCa, loadCa, loadPemPair, type PemPair } from '@keygate/common/tls';
import type { Vhost } from './apis/environments.js';
import type { ServerUrls } from './client-proofs.js';
import type { KeyManagerConfig } from './config/key-manager.config.js';
import type { GrpcSettings } from './grpc/grpc-transport.js';
import { createRedirectServer, HttpsServer } from './http/https-server.js';

/** Sockets that are open before anything answers behind them: a taken port is known before a database is touched. */
export interface Listeners {
  readonly https: HttpsServer;
  readonly redirect: Server;
  readonly httpsPort: number;
  readonly httpPort: number;
  /** Base URL with the port that was really bound. */
  readonly origin: string;
}

export async function openListeners(config: KeyManagerConfig): Promise<Listeners> {
  const { publicHost } = config.keyManager.listeners;
  // These two are opened later, by others.
  await Promise.all([assertFree(settingsOf(config, 'grpc')), assertFree(settingsOf(config, 'operations'))]);
  const https = new HttpsServer(await httpsCertificate(config), config.keyManager.tls.clientCertificates === 'request');
  const httpsPort = await listen(https.server, settingsOf(config, 'https'));
  const origin = `https://${publicHost}:${httpsPort}`;
  const redirect = createRedirectServer(() => origin);
  try {
    return { https, redirect, httpsPort, origin, httpPort: await listen(redirect, settingsOf(config, 'http')) };
  } catch (error) {
    https.server.close();
    throw error;
  }
}

export async function grpcSettings(config: KeyManagerConfig): Promise<GrpcSettings> {
  const { maxMessageBytes, maxConcurrentStreams } = config.keyManager.grpc;
  return { ...settingsOf(config, 'grpc'), maxMessageBytes, maxConcurrentStreams, tls: await grpcTls(config) };
}

export function settingsOf(config: KeyManagerConfig, name: 'https' | 'http' | 'grpc' | 'operations'): ListenSettings {
  const { listeners } = config.keyManager;
  return {
    host: name === 'operations' ? listeners.operationsBindAddress : listeners.bindAddress,
    port: listeners[name],
    setting: `keyManager.listeners.${name}`,
    portOffset: config.portOffset,
  };
}

/** Throws `PortTaken`. */
async function assertFree(settings: ListenSettings): Promise<void> {
  const probe = createServer();
  await listen(probe, settings);
  await new Promise((resolve) => probe.close(resolve));
}

/** Where API consumers reach the gateways: as configured, or the default ports of a gateway with the same offset. */
export function gatewayVhost({ portOffset, keyManager }: KeyManagerConfig): Partial<Vhost> {
  const ports = {
    httpPort: 8_280 + portOffset,
    httpsPort: 8_243 + portOffset,
    wsPort: 9_099 + portOffset,
    wssPort: 8_099 + portOffset,
  };
  if (keyManager.gatewayUrl === undefined) return { ...ports, host: keyManager.listeners.publicHost };
  const { hostname, port } = new URL(keyManager.gatewayUrl);
  return { ...ports, host: hostname, httpsPort: port === '' ? 443 : Number(port) };
}

/** The base URL that goes with it. */
export function gatewayUrl(config: KeyManagerConfig): string {
  const { host, httpsPort } = gatewayVhost(config);
  return config.keyManager.gatewayUrl ?? `https://${host}:${httpsPort}`;
}

/** By which URLs clients know this server. */
export function serverUrls(config: KeyManagerConfig, { origin: own }: Pick<Listeners, 'origin'>): ServerUrls {
  const origin = withoutSlash(config.keyManager.publicUrl ?? own);
  return { issuer: `${origin}/oauth2/token`, origin, gatewayUrl: withoutSlash(gatewayUrl(config)) };
}

const withoutSlash = (url: string) => url.replace(/\/+$/, '');

async function httpsCertificate(config: KeyManagerConfig): Promise<PemPair> {
  const names = { cert: 'keyManager.tls.certFile', key: 'keyManager.tls.keyFile' };
  return (await configured(config.keyManager.tls, names)) ?? (await fromLocalCa(config, 'key-manager'));
}

/** The certificate to show, and the CA whose clients are let in. */
async function grpcTls(config: KeyManagerConfig): Promise<GrpcSettings['tls']> {
  const { grpc } = config.keyManager;
  const names = { cert: 'keyManager.grpc.certFile', key: 'keyManager.grpc.keyFile' };
  const pair = (await configured(grpc, names)) ?? (await fromLocalCa(config, 'key-manager-grpc'));
  const { caFile } = grpc;
  const ca =
    caFile === undefined ? (await ensureLocalCa(config.dataDir)).cert : await loadCa(caFile, 'keyManager.grpc.caFile');
  return { cert: pair.cert, key: pair.key, ca };
}

interface Files {
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

async function configured(
  { certFile, keyFile }: Files,
  names: { readonly cert: string; readonly key: string },
): Promise<PemPair | undefined> {
  return certFile === undefined && keyFile === undefined ? undefined : loadPemPair(certFile, keyFile, names);
}

function fromLocalCa(config: KeyManagerConfig, name: string): Promise<PemPair> {
  const { publicHost } = config.keyManager.listeners;
  return ensureCertificate(config.dataDir, { name, commonName: 'key-manager', kind: 'server', hosts: [publicHost] });
}
