/** An OpenAPI document, 2.0, 3.0 or 3.1, as it was imported. */
export type Definition = Readonly<Record<string, unknown>>;

export const verbs = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'] as const;

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return isObject(found) ? found : {};
}

export const isSwagger2 = (definition: Definition) => definition.swagger === '2.0';
