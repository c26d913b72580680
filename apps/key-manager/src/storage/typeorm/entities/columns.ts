import type { EntitySchemaColumnOptions } from 'typeorm';

type Options = Pick<EntitySchemaColumnOptions, 'primary' | 'nullable' | 'generated'>;

/** Column types by name; the names of columns come from `snake-names.ts`. */
export const text = (options: Options = {}): EntitySchemaColumnOptions => ({ type: 'text', ...options });
/** Milliseconds or a count: read as a number by `value-types.ts`. */
export const long = (options: Options = {}): EntitySchemaColumnOptions => ({ type: 'bigint', ...options });
export const integer = (options: Options = {}): EntitySchemaColumnOptions => ({ type: 'integer', ...options });
export const flag = (options: Options = {}): EntitySchemaColumnOptions => ({ type: 'boolean', ...options });
export const json = (options: Options = {}): EntitySchemaColumnOptions => ({ type: 'jsonb', ...options });
export const bytes = (options: Options = {}): EntitySchemaColumnOptions => ({ type: 'bytea', ...options });
