/** Value of an Allow header: the declared verbs, and HEAD wherever there is GET (RFC 9110 section 9.3.2). */
export function allowOf(verbs: readonly string[]): string {
  const isImplied = verbs.includes('GET') && !verbs.includes('HEAD');
  return (isImplied ? [...verbs, 'HEAD'] : verbs).join(', ');
}
