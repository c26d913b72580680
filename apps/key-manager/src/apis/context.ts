const versionVariable = '{version}';

/** What requests start with: the context with `{version}` filled in, or followed by the version (WSO2). */
export function effectiveContext(context: string, version: string): string {
  return context.includes(versionVariable) ? context.replaceAll(versionVariable, version) : `${context}/${version}`;
}

/** The same without the version, for the API's default version. */
export function defaultContext(context: string): string {
  return context.replaceAll(`/${versionVariable}`, '').replaceAll(versionVariable, '') || '/';
}
