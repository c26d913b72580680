import { Ajv2020 } from 'ajv/dist/2020.js';
import { formats } from './formats.js';
import { documentId, type JsonObject } from './json-pointer.js';
import { prepareLater } from './prepare-later.js';
import { linearPatterns } from './safe-patterns.js';

/** What does not fit, in words; undefined when the value fits. */
export type SchemaCheck = (value: unknown) => string | undefined;

/** Compiles the schemas of one document one after the other between requests, and at once the one that is needed. */
export class SchemaCompiler {
  #ajv: Ajv2020 | undefined;

  /** `coerces`: values are text, as they are in queries and headers, and `5` is an integer. */
  constructor(
    private readonly document: JsonObject,
    private readonly coerces: boolean,
  ) {}

  #library(): Ajv2020 {
    if (this.#ajv !== undefined) return this.#ajv;
    const ajv = new Ajv2020({
      strict: false,
      // Documents are not schemas; what is wrong in one shows when it is compiled.
      validateSchema: false,
      // One problem is enough for a refusal; collecting all would let one request cost thousands of them.
      allErrors: false,
      logger: false,
      coerceTypes: this.coerces,
      formats,
      code: { regExp: linearPatterns },
    });
    ajv.removeKeyword('uniqueItems');
    ajv.addKeyword({ keyword: 'uniqueItems', type: 'array', schemaType: 'boolean', validate: areUnique });
    ajv.addSchema(this.document, documentId);
    this.#ajv = ajv;
    return ajv;
  }

  /** Throws, with every use, when the schema cannot be compiled. */
  check(schema: unknown): SchemaCheck {
    let compiled: ReturnType<Ajv2020['compile']> | undefined;
    const compile = () => {
      compiled ??= this.#library().compile({ type: 'object', properties: { value: schema } });
      return compiled;
    };
    prepareLater(compile);
    return (value) => {
      const validate = compile();
      try {
        if (validate({ value })) return undefined;
      } catch (error) {
        // A schema that contains itself is walked as deep as the value is.
        if (error instanceof RangeError) return 'is nested too deeply';
        throw error;
      }
      const [problem] = validate.errors ?? [];
      const where = (problem?.instancePath ?? '').replace(/^\/value/, '');
      return `${where} ${problem?.message ?? 'does not fit'}`.trim();
    };
  }
}

/** The library compares every item with every other one, which a long list makes a matter of minutes. */
function areUnique(isAsked: boolean, list: readonly unknown[]): boolean {
  return !isAsked || new Set(list.map((item) => JSON.stringify(item, inOrder))).size === list.length;
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
