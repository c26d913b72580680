const maxRanges = 32;

/**
 * True when the Accept header gives XML a higher weight than JSON (RFC 9110 section 12.5.1). Nothing said, anything
 * accepted and draws mean JSON.
 */
export function prefersXml(accept: string | undefined): boolean {
  if (accept === undefined || !accept.toLowerCase().includes('xml')) return false;
  const weights = parseAccept(accept);
  return (
    Math.max(weightOf(weights, 'application', 'xml'), weightOf(weights, 'text', 'xml')) >
    weightOf(weights, 'application', 'json')
  );
}

/** The most particular range decides, whatever its place. */
function weightOf(weights: ReadonlyMap<string, number>, type: string, subtype: string): number {
  return weights.get(`${type}/${subtype}`) ?? weights.get(`${type}/*`) ?? weights.get('*/*') ?? 0;
}

function parseAccept(accept: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',', maxRanges)) {
    const [type = '', ...parameters] = range.split(';', 8).map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    weights.set(type, weight >= 0 && weight <= 1 ? weight : 0);
  }
  return weights;
}
