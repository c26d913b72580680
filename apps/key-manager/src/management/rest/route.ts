import type { z } from 'zod';
import type { Audited } from './audited.js';
import type { Access, Caller } from './caller.js';
import type { Multipart } from './multipart.js';

/** `{name}` parts of a path as an object of strings. */
export type PathParameters<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name]: string } & PathParameters<Rest>
  : unknown;

export interface RestRequest<Parameters, Query, Body> {
  readonly parameters: Parameters;
  readonly query: Query;
  readonly body: Body;
  /** One value of a header, by lower case name. */
  header(name: string): string | undefined;
}

/**
 * One operation of a REST API, said once: what is registered, who is let in, what the OpenAPI document says and what
 * the authorisation test tries all come from these rows.
 */
export interface Route<Parameters = never, Query = never, Body = never, Who = never> {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the plane's prefix, in OpenAPI's form: `/applications/{applicationId}`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  /** The body is a form (`multipart/form-data`) and `body` its fields; JSON unless said. */
  readonly multipart?: Multipart | undefined;
  /** 200 unless said. */
  readonly status?: number | undefined;
  readonly answer?: z.ZodType | undefined;
  /** What is recorded of a call that changed something; `by handler` when only the handler knows what it changed. */
  readonly audit?: Audited | 'by handler' | undefined;
  handle(caller: Who, request: RestRequest<Parameters, Query, Body>): Promise<unknown>;
}

type WhoOf<A extends Access> = A extends { by: 'anyone' } ? Caller | undefined : Caller;

/** Checks one row: the handler gets exactly what path, `query`, `body` and `access` say. */
export function route<
  const Path extends string,
  const A extends Access,
  Query extends z.ZodType = z.ZodUnknown,
  Body extends z.ZodType = z.ZodUnknown,
>(
  row: Omit<
    Route<PathParameters<Path>, z.output<Query>, z.output<Body>, WhoOf<A>>,
    'path' | 'access' | 'query' | 'body'
  > & {
    readonly path: Path;
    readonly access: A;
    readonly query?: Query;
    readonly body?: Body;
  },
): Route {
  return row;
}

/** An answer with headers or a status of its own. */
export class Answer {
  constructor(
    readonly body: unknown,
    readonly options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {}
}

/** One REST API: a prefix and its rows. */
export interface Plane {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** `/api/am/devportal/v3` */
  readonly prefix: string;
  readonly routes: readonly Route[];
  /** How refusals look; WSO2's body unless said. */
  readonly errorBody?: (error: RestError) => unknown;
  readonly contentType?: string;
}

/** What any error becomes before it is written. */
export interface RestError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly description: string;
  /** Field by field, for bodies and queries that do not fit. */
  readonly details: readonly { readonly code: string; readonly message: string }[];
  readonly headers: Readonly<Record<string, string>>;
}
