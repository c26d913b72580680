import type { ListenSettings } from '@keygate/common/lifecycle';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { Listeners } from './listeners.js';

export interface GatewayUrls {
  readonly gateway: string;
  readonly gatewayHttp: string;
  readonly token: string;
  readonly revoke: string;
}

export function listenSettings(
  { portOffset, gateway }: GatewayConfig,
  name: keyof Listeners['ports'] | 'operations',
): ListenSettings {
  const { bindAddress, operationsBindAddress, [name]: port } = gateway.listeners;
  const host = name === 'operations' ? operationsBindAddress : bindAddress;
  return { host, port, setting: `gateway.listeners.${name}`, portOffset };
}

export function urlsOf(host: string, ports: { readonly https: number; readonly http: number }): GatewayUrls {
  const gateway = `https://${host}:${ports.https}`;
  return {
    gateway,
    gatewayHttp: `http://${host}:${ports.http}`,
    token: `${gateway}/token`,
    revoke: `${gateway}/revoke`,
  };
}
