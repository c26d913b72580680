import { isUtf8 } from 'node:buffer';
import type { ContractedAnswer, ContractedHead, OperationContract } from '../apis/compiled-mediation.js';
import { findHeader, headerValues } from '../pipeline/header-lines.js';
import { followRef, isObject, type JsonObject, member } from './json-pointer.js';
import { type ContentRule, ContentRules, isJson } from './media-types.js';
import { parameterCheck, parametersOf } from './parameters.js';
import type { SchemaCompiler } from './schema-compiler.js';

/** One direction of a document: its content in the current dialect, and what compiles its schemas. */
export interface Side {
  readonly document: JsonObject;
  readonly bodies: SchemaCompiler;
  /** For what is sent as text. */
  readonly texts: SchemaCompiler;
}

export interface Operation {
  readonly target: string;
  readonly path: JsonObject;
  readonly operation: JsonObject;
}

/** What an OpenAPI document asks of one operation. */
export function operationContract(sent: Side & Operation, answered: Side & Operation): OperationContract {
  const checkParameters = parametersOfOperation(sent);
  const body = bodyRules(sent);
  const answers = answerRules(answered);
  const ruleFor = (rawHeaders: readonly string[]) =>
    body?.content.find(findHeader(rawHeaders, 'content-type') ?? '') ?? undefined;
  return {
    checkHead(head) {
      return checkParameters(head) ?? checkContent(body, head);
    },
    readsBody: (rawHeaders) => isChecked(ruleFor(rawHeaders), findHeader(rawHeaders, 'content-type')),
    checkBody: (rawHeaders, content) => checkJson(ruleFor(rawHeaders), content),
    readsAnswers: [...answers.values()].some(({ readsAny }) => readsAny),
    readsAnswer: (status, headers) => readsAnswer(rulesFor(answers, status), headers),
    checkAnswer: (answer) => checkAnswer(rulesFor(answers, answer.status), answer),
  };
}

function parametersOfOperation({ document, texts, target, path, operation }: Side & Operation) {
  const declared = [path.parameters, operation.parameters].flatMap((list) => (Array.isArray(list) ? list : []));
  return parameterCheck(parametersOf(document, declared, texts), target);
}

interface BodyRules {
  readonly isRequired: boolean;
  readonly content: ContentRules;
}

function bodyRules({ document, bodies, operation }: Side & Operation): BodyRules | undefined {
  if (!isObject(operation.requestBody)) return undefined;
  const { required, content } = followRef(document, operation.requestBody);
  return { isRequired: required === true, content: new ContentRules(document, content, bodies) };
}

function checkContent(body: BodyRules | undefined, { rawHeaders, hasBody }: ContractedHead): string | undefined {
  if (body === undefined) return undefined;
  if (!hasBody) return body.isRequired ? 'the body is missing' : undefined;
  const types = headerValues(rawHeaders, 'content-type');
  // Whoever reads the other one would read what was not checked.
  if (types.length > 1) return 'the content type is given more than once';
  if (body.content.isEmpty) return undefined;
  if (body.content.find(types[0] ?? '') === undefined) return 'the content type is not one that is described';
  if (isCoded(rawHeaders)) return 'the body has a content coding';
  return undefined;
}

function isCoded(headers: readonly string[]): boolean {
  const coding = findHeader(headers, 'content-encoding');
  return coding !== undefined && coding.trim() !== '' && coding.trim().toLowerCase() !== 'identity';
}

function isChecked(rule: ContentRule | undefined, contentType: string | undefined): boolean {
  return rule?.check !== undefined && contentType !== undefined && isJson(contentType);
}

function checkJson(rule: ContentRule | undefined, content: Buffer): string | undefined {
  if (rule?.check === undefined) return undefined;
  if (!isUtf8(content)) return 'the body is not UTF-8';
  let value: unknown;
  try {
    value = JSON.parse(content.toString());
  } catch {
    return 'the body is no JSON';
  }
  const problem = rule.check(value);
  return problem === undefined ? undefined : `body: ${problem}`;
}

function answerRules({ document, bodies, operation }: Side & Operation): ReadonlyMap<string, ContentRules> {
  const entries = Object.entries(member(operation, 'responses') ?? {});
  return new Map(
    entries.map(([status, given]) => [
      status.toUpperCase(),
      new ContentRules(document, followRef(document, given).content, bodies),
    ]),
  );
}

type AnswerRules = ReadonlyMap<string, ContentRules>;

/** Statuses that are not described are not checked: nothing is said about them. */
function rulesFor(answers: AnswerRules, status: number): ContentRules | undefined {
  return answers.get(String(status)) ?? answers.get(`${Math.floor(status / 100)}XX`) ?? answers.get('DEFAULT');
}

/** Only what is described as something else than JSON need not be looked at. */
function readsAnswer(rules: ContentRules | undefined, headers: readonly string[]): boolean {
  if (rules === undefined || !rules.readsAny) return false;
  const contentType = findHeader(headers, 'content-type');
  const rule = rules.find(contentType ?? '');
  return rule === undefined || isChecked(rule, contentType);
}

function checkAnswer(rules: ContentRules | undefined, { headers, body }: ContractedAnswer): string | undefined {
  if (rules === undefined || !readsAnswer(rules, headers) || body.length === 0) return undefined;
  const rule = rules.find(findHeader(headers, 'content-type') ?? '');
  if (rule === undefined) return 'the content type is not one that is described';
  return isCoded(headers) ? 'the body has a content coding' : checkJson(rule, body);
}
