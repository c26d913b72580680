import type { Exchange } from '../exchange.js';
import { editHeaders } from './header-edits.js';

/** Makes the edits of the response and fault policies; preflights are answered as they are. */
export function mediateAnswer(exchange: Exchange, headers: string[]): void {
  if (!exchange.isRouted) return;
  const { api, resource } = exchange.route;
  const mediation = resource === undefined ? api.mediation : resource.mediation;
  if (mediation === undefined) return;
  if (exchange.fault !== undefined) {
    editHeaders(headers, mediation.fault);
    return;
  }
  if (exchange.ownAnswer !== undefined && exchange.cacheStatus !== 'hit') return;
  if (exchange.keepsAs !== undefined) exchange.backendHeaders = [...headers];
  editHeaders(headers, mediation.response);
}
