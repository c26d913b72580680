import { addressKey, isWithin } from '../apis/address.js';
import type { CompiledCondition, CompiledGroup } from '../apis/compiled-limits.js';
import type { Exchange } from '../pipeline/exchange.js';
import { findHeader } from '../pipeline/header-lines.js';
import { claimOf } from './claims.js';

/** Longer values match nothing. */
const maxValueLength = 8_192;

/** Whether all conditions of a group hold for a call; a group without any holds for none. */
export function holds({ conditions }: Pick<CompiledGroup, 'conditions'>, exchange: Exchange): boolean {
  for (const condition of conditions) if (isMet(condition, exchange) === condition.invert) return false;
  return conditions.length > 0;
}

function isMet(condition: CompiledCondition, exchange: Exchange): boolean {
  if (condition.kind === 'address') {
    const key = addressKey(exchange.clientAddress);
    return key !== undefined && isWithin(condition.range, key);
  }
  const value = shownValue(condition, exchange);
  return value !== undefined && value.length <= maxValueLength && condition.matches(value);
}

function shownValue(
  { kind, name }: Exclude<CompiledCondition, { kind: 'address' }>,
  exchange: Exchange,
): string | undefined {
  if (kind === 'header') return findHeader(exchange.rawHeaders, name);
  if (kind === 'claim') return claimOf(exchange, name);
  return queryParameter(exchange.route.query, name);
}

/** The first of that name. Parsed for APIs only whose policy asks for one. */
function queryParameter(query: string | undefined, name: string): string | undefined {
  return query === undefined ? undefined : (new URLSearchParams(query).get(name) ?? undefined);
}
