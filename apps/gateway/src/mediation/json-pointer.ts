/** What references begin with inside the gateway, so that a schema can be compiled apart from its document. */
export const documentId = 'api://document';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a member holds, when that is an object; own members only, or `__proto__` would lead anywhere. */
export function member(value: unknown, name: string): JsonObject | undefined {
  const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isObject(found) ? found : undefined;
}

const longestChain = 20;

/** The object itself, or what its `$ref` leads to inside the document; nothing outside is ever fetched. */
export function followRef(document: JsonObject, value: unknown): JsonObject {
  let found = value;
  for (let step = 0; step < longestChain; step++) {
    if (!isObject(found)) break;
    if (typeof found.$ref !== 'string') return found;
    found = at(document, found.$ref);
  }
  throw new Error('a reference leads nowhere');
}

function at(document: JsonObject, ref: string): unknown {
  const start = ref.indexOf('#/');
  if (start < 0 || (start > 0 && ref.slice(0, start) !== documentId))
    throw new Error('a reference leads out of the document');
  let found: unknown = document;
  for (const part of ref.slice(start + 2).split('/')) {
    found = isObject(found) && Object.hasOwn(found, unescaped(part)) ? found[unescaped(part)] : undefined;
  }
  return found;
}

function unescaped(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}
