import { z } from 'zod';

/** What the loader and the documentation need to know of a setting beside its type. */
export interface SettingMeta {
  /** Environment variable that sets it. */
  readonly env?: string;
  /** Command line flag that sets it, without the dashes. */
  readonly flag?: string;
  /** The setting of WSO2 API Manager that does the same. */
  readonly wso2?: string;
  /** Never printed, never logged. */
  readonly secret?: true;
}

/** A setting with its sentence of documentation and where it may come from. */
export function setting<T extends z.ZodType>(type: T, description: string, meta: SettingMeta = {}): T {
  return type.describe(description).meta({ ...meta, description }) as T;
}

/** A listening port as configured, before the offset is added. */
export const port = () => z.int().min(0).max(65_535);
