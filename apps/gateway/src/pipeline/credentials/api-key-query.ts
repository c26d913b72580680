/** The values of `apikey` in a query, and the query without them. */
export interface SplitQuery {
  readonly keys: readonly string[];
  /** Undefined when nothing is left. */
  readonly query: string | undefined;
}

/** Undefined when there is no API key in the query. What is left is left as it was, byte for byte. */
export function splitApiKey(query: string): SplitQuery | undefined {
  if (!mayHoldKey.test(query)) return undefined;
  const keys: string[] = [];
  const others = query.split('&').filter((parameter) => {
    const end = parameter.indexOf('=');
    const name = decoded(end < 0 ? parameter : parameter.slice(0, end));
    if (name !== 'apikey') return true;
    keys.push(end < 0 ? '' : (decoded(parameter.slice(end + 1)) ?? ''));
    return false;
  });
  if (keys.length === 0) return undefined;
  return { keys, query: others.length === 0 ? undefined : others.join('&') };
}

/** A backend would read the name in any of its spellings, and so find a key that was not meant for it. */
const mayHoldKey = /apikey|%/i;

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
