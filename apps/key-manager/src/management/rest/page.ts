import { z } from 'zod';

const maxLimit = 1_000;

function limitOf(usual: number) {
  return z.coerce
    .number()
    .int()
    .min(0)
    .default(usual)
    .transform((limit) => Math.min(limit, maxLimit))
    .describe('Entries on this page.');
}

/** `limit` and `offset` of a list; a limit above the most is lowered to it rather than refused. */
export const pageQuery = {
  limit: limitOf(25),
  offset: z.coerce.number().int().min(0).max(2_147_483_647).default(0).describe('Entries to leave out.'),
};

/** The same of lists that WSO2 gives whole: those who read them do not ask for a second page. */
export const wholeQuery = { ...pageQuery, limit: limitOf(maxLimit) };

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** The list envelope: `count` is the number of entries on this page. */
export function listOf<T>(list: readonly T[], total: number, { limit, offset }: Page) {
  const link = (at: number) => `?limit=${limit}&offset=${at}`;
  return {
    count: list.length,
    list,
    pagination: {
      offset,
      limit,
      total,
      next: limit > 0 && offset + limit < total ? link(offset + limit) : '',
      previous: limit > 0 && offset > 0 ? link(Math.max(0, offset - limit)) : '',
    },
  };
}

/** A list that is read whole because it is short by nature: tiers, scopes of a tenant. */
export function pageOf<T>(all: readonly T[], page: Page) {
  return listOf(all.slice(page.offset, page.offset + page.limit), all.length, page);
}

/** The document of a list in OpenAPI. */
export function listAnswer(entry: z.ZodType) {
  return z.object({
    count: z.int(),
    list: z.array(entry),
    pagination: z.object({
      offset: z.int(),
      limit: z.int(),
      total: z.int(),
      next: z.string(),
      previous: z.string(),
    }),
  });
}

/** One after the other, so that a long page holds one database connection and not all of them. */
export async function inTurn<T, R>(list: readonly T[], read: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of list) results.push(await read(item));
  return results;
}
