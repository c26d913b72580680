import { Ajv2020 } from 'ajv/dist/2020.js';
import { startWork, TooMuchWork } from './check-work.js';
import { formats } from './formats.js';
import { documentId, type JsonObject } from './json-pointer.js';
import { prepareLater } from './prepare-later.js';
import { linearPatterns } from './safe-patterns.js';
import { addKeywords } from './schema-keywords.js';

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
      // A large schema that is named in a thousand places would be written out a thousand times.
      inlineRefs: 20,
      logger: false,
      coerceTypes: this.coerces,
      formats,
      code: { regExp: linearPatterns },
    });
    addKeywords(ajv);
    ajv.addSchema(this.document, documentId);
    this.#ajv = ajv;
    return ajv;
  }

  /** Throws, with every use, when the schema cannot be compiled. */
  check(schema: unknown): SchemaCheck {
    let compiled: ReturnType<Ajv2020['compile']> | undefined;
    let failure: { readonly error: unknown } | undefined;
    const compile = () => {
      // To find out again for every call what cannot be compiled would cost more than the calls.
      if (failure !== undefined) throw failure.error;
      try {
        compiled ??= this.#library().compile({ type: 'object', properties: { value: schema } });
      } catch (error) {
        failure = { error };
        throw error;
      }
      return compiled;
    };
    prepareLater(compile);
    return (value) => {
      const validate = compile();
      startWork();
      try {
        if (validate({ value })) return undefined;
      } catch (error) {
        // A schema that contains itself is walked as deep as the value is.
        if (error instanceof RangeError) return 'is nested too deeply';
        if (error instanceof TooMuchWork) return 'takes too long to check';
        throw error;
      }
      const [problem] = validate.errors ?? [];
      const where = (problem?.instancePath ?? '').replace(/^\/value/, '');
      return `${where} ${problem?.message ?? 'does not fit'}`.trim();
    };
  }
}
