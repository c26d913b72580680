import type { OperationContract } from '../apis/compiled-mediation.js';
import { followRef, type JsonObject, member } from './json-pointer.js';
import { type OpenApiDocument, readDocument } from './openapi-document.js';
import { operationContract, type Side } from './operation-contract.js';
import { SchemaCompiler } from './schema-compiler.js';
import { type Direction, inCurrentDialect } from './schema-dialect.js';

/** The operations of one API's document. */
export interface Contracts {
  /** What is asked of an operation, or why that cannot be said. */
  of(verb: string, target: string): OperationContract | string;
}

/** Reads an API's OpenAPI document; a text says why it cannot be used. */
export function createContracts(text: string): Contracts | string {
  const read = readDocument(text);
  if (typeof read === 'string') return read;
  let sides: { readonly sent: Side; readonly answered: Side };
  try {
    sides = { sent: sideOf(read, 'request'), answered: sideOf(read, 'answer') };
  } catch {
    return 'the OpenAPI document has references that lead nowhere';
  }
  return {
    of(verb, target) {
      try {
        const sent = operationIn(sides.sent, verb, target);
        const answered = operationIn(sides.answered, verb, target);
        if (sent === undefined || answered === undefined) return 'the OpenAPI document does not describe it';
        return operationContract({ ...sides.sent, ...sent }, { ...sides.answered, ...answered });
      } catch (error) {
        return `the OpenAPI document cannot be used: ${error instanceof Error ? error.message : 'unknown'}`;
      }
    },
  };
}

function sideOf({ content, isOld }: OpenApiDocument, direction: Direction): Side {
  const document = inCurrentDialect(content, direction, isOld);
  return { document, bodies: new SchemaCompiler(document, false), texts: new SchemaCompiler(document, true) };
}

function operationIn({ document }: Side, verb: string, target: string) {
  const paths = member(document, 'paths');
  const declared = member(paths, target) ?? member(paths, target.replace(/\/$/, '')) ?? member(paths, `${target}/`);
  const path: JsonObject | undefined = declared && followRef(document, declared);
  const operation = member(path, verb.toLowerCase());
  return path && operation && { target, path, operation };
}
