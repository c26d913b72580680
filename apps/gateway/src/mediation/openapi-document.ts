import { isObject, type JsonObject } from './json-pointer.js';
import { upgradeSwagger } from './swagger.js';

export interface OpenApiDocument {
  /** In the shape of OpenAPI 3. */
  readonly content: JsonObject;
  /** Its schemas are those of OpenAPI 3.0 or 2.0. */
  readonly isOld: boolean;
}

const maxChars = 2 * 1024 * 1024;
const maxDepth = 100;
const maxNodes = 200_000;

/** Reads a document, or says why it cannot be used. The bounds stop one that would hold up the whole gateway. */
export function readDocument(text: string): OpenApiDocument | string {
  if (text.length > maxChars) return 'the OpenAPI document is too large';
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return 'the OpenAPI document is no JSON';
  }
  if (!isObject(content) || !isObject(content.paths)) return 'the OpenAPI document has no paths';
  if (!isBounded(content)) return 'the OpenAPI document is nested too deeply or has too many parts';
  const version = String(content.openapi ?? content.swagger ?? '');
  if (version === '2.0') return { content: upgradeSwagger(content), isOld: true };
  if (/^3\.0(\.|$)/.test(version)) return { content, isOld: true };
  if (/^3\.1(\.|$)/.test(version)) return { content, isOld: false };
  return 'the version of the OpenAPI document is not known';
}

function isBounded(content: unknown): boolean {
  let nodes = 0;
  let level: unknown[] = [content];
  for (let depth = 0; level.length > 0; depth++) {
    nodes += level.length;
    if (depth > maxDepth || nodes > maxNodes) return false;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return true;
}
