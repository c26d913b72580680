/**
 * Every secret a test file knows, and all output its processes wrote. The end of each file checks that no secret
 * appears in any output (processes.ts), so the whole run is one canary test.
 */
const secrets = new Map<string, string>();
const output: { readonly from: string; readonly text: string }[] = [];

/** Remembers a value that no process may ever print. Values under 8 characters are too common to search for. */
export function secret<T extends string>(value: T, name: string): T {
  if (value.length >= 8) {
    secrets.set(value, name);
  }
  return value;
}

/** A value may be printed on purpose: the banner shows the demo password. */
export function notSecret(value: string): void {
  secrets.delete(value);
}

export function recordOutput(from: string, text: string): void {
  output.push({ from, text });
}

export function allOutput(): string {
  return output.map((piece) => piece.text).join('');
}

/** Names (never values) of the secrets that were printed, with the process that did. */
export function leakedSecrets(): string[] {
  const texts = new Map<string, string>();
  for (const { from, text } of output) {
    texts.set(from, (texts.get(from) ?? '') + text);
  }
  const leaks: string[] = [];
  for (const [from, text] of texts) {
    for (const [value, name] of secrets) {
      if (text.includes(value)) {
        leaks.push(`${name} in the output of ${from}`);
      }
    }
  }
  return leaks;
}
