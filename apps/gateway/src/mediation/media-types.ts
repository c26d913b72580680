import { followRef, isObject, type JsonObject } from './json-pointer.js';
import type { SchemaCheck, SchemaCompiler } from './schema-compiler.js';

/** How content of one media type is checked. */
export interface ContentRule {
  /** Undefined: it is not looked into. */
  readonly check: SchemaCheck | undefined;
}

/** The rules for the content of a body, by media type. */
export class ContentRules {
  readonly #rules = new Map<string, ContentRule>();
  /** Whether any content is looked into. */
  readonly readsAny: boolean;

  constructor(document: JsonObject, content: unknown, compiler: SchemaCompiler) {
    for (const [type, given] of Object.entries(isObject(content) ? content : {})) {
      const { schema } = followRef(document, given);
      const mayBeJson = isJson(type) || type.includes('*');
      this.#rules.set(baseType(type), {
        check: mayBeJson && schema !== undefined ? compiler.check(schema) : undefined,
      });
    }
    this.readsAny = [...this.#rules.values()].some(({ check }) => check !== undefined);
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  /** The most particular rule; undefined when content of this type is not described. */
  find(contentType: string): ContentRule | undefined {
    const type = baseType(contentType);
    return this.#rules.get(type) ?? this.#rules.get(type.replace(/\/.*$/, '/*')) ?? this.#rules.get('*/*');
  }
}

/** `Application/JSON; charset=utf-8` is `application/json`. */
export function baseType(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase();
}

export function isJson(contentType: string): boolean {
  const type = baseType(contentType);
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}
