const mask = '[redacted]';
const deepest = 6;
const mostItems = 100;

const secretName =
  /authorization|cookie|passw|secret|token|credential|api_?key|assertion|private_?key|verifier|^code$|^pwd$|session/i;
const harmlessName = /^(token_?(type|kind|url|type_?hint|state)|revoke_?url|secret_?id)$/i;

const secretTexts: readonly (readonly [RegExp, string])[] = [
  // scheme://user:password@host
  [/\b([a-z][a-z\d+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, `$1${mask}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${mask}`],
  [/\b((?:access_|refresh_|id_)?token|password|client_secret|code|assertion)=[^&\s"']+/gi, `$1=${mask}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
];

/** Text without credentials in URLs, Authorization values, form parameters and keys. */
export function redactedText(text: string): string {
  return secretTexts.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text);
}

/**
 * A copy of what is about to be logged, in which every member with a secret-like name is masked. It works by name at
 * any depth rather than by a list of paths, so that a new field cannot be forgotten.
 */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return redactedError(value, depth);
  if (depth >= deepest) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => redacted(item, depth + 1));
  const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
  return Object.fromEntries(
    entries.slice(0, mostItems).map(([name, inner]) => [String(name), redactedMember(String(name), inner, depth)]),
  );
}

function redactedMember(name: string, value: unknown, depth: number): unknown {
  const isCount = typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined;
  if (!isCount && secretName.test(name) && !harmlessName.test(name)) return mask;
  return redacted(value, depth + 1);
}

function redactedError(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: redactedText(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: redactedText(error.stack) }),
    ...(error.cause === undefined || depth >= deepest ? {} : { cause: redacted(error.cause, depth + 1) }),
  };
}
