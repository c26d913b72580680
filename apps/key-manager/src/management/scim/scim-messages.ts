import { z } from 'zod';
import { Refusal } from '../../refusal.js';
import { errorTable } from '../rest/error-table.js';
import type { RestError } from '../rest/route.js';

export const scimContentType = 'application/scim+json';

/** RFC 7644 §3.12. */
export function scimErrorBody(error: RestError): unknown {
  const scimType = scimTypeOf(error);
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: String(error.status),
    ...(scimType ? { scimType } : {}),
    detail: error.description,
  };
}

function scimTypeOf({ status, message }: RestError): string | undefined {
  if (status === 409) return 'uniqueness';
  if (message === errorTable.filter_invalid.message) return 'invalidFilter';
  return status === 400 ? 'invalidValue' : undefined;
}

/** RFC 7644 §3.4.2; `startIndex` counts from 1. */
export const listQuery = z.object({
  filter: z.string().max(512).optional(),
  startIndex: z.coerce
    .number()
    .int()
    .catch(1)
    .transform((index) => Math.min(Math.max(index, 1), 2_147_483_647)),
  count: z.coerce
    .number()
    .int()
    .catch(100)
    .transform((count) => Math.min(Math.max(count, 0), 1_000)),
});

export function listResponse(resources: readonly unknown[], totalResults: number, startIndex: number) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

/** `attribute eq "value"`, the one filter there is; undefined without filter. RFC 7644 §3.4.2.2. */
export function equalsFilter(filter: string | undefined, attribute: string): string | undefined {
  if (filter === undefined || filter.trim() === '') return undefined;
  const [, name, value] = /^\s*([\w.:]+)\s+eq\s+("(?:[^"\\]|\\["\\/])*")\s*$/i.exec(filter) ?? [];
  if (value === undefined || name?.toLowerCase() !== attribute.toLowerCase()) {
    throw new Refusal('filter_invalid', `The only filter is: ${attribute} eq "value"`);
  }
  return JSON.parse(value) as string;
}

/** RFC 7644 §3.5.2. Operation names without case, as real clients send them. */
export const patchBody = z.object({
  schemas: z.array(z.string()).optional(),
  Operations: z
    .array(
      z.object({
        op: z
          .string()
          .toLowerCase()
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().max(255).optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(100),
});

export type PatchOperation = z.output<typeof patchBody>['Operations'][number];
