/**
 * Every secret a test file knows, and every process whose output must not hold one. The last test of each file looks
 * (no-secrets.ts), so the whole run is one canary test.
 */
const secrets = new Map<string, string>();
const watched: { readonly name: string; readonly output: () => string }[] = [];

/** Remembers a value that no process may ever print. Values under 8 characters are too common to search for. */
export function secret<T extends string>(value: T, name: string): T {
  if (value.length >= 8) {
    secrets.set(value, name);
  }
  return value;
}

export function watchOutputOf(name: string, running: { output(): string }): void {
  watched.push({ name, output: () => running.output() });
}

export const allOutput = (): string => watched.map((one) => one.output()).join('');

/** Names (never values) of the secrets that were printed, with the process that did. */
export function leakedSecrets(): string[] {
  return watched.flatMap(({ name, output }) => {
    const text = output();
    return [...secrets].filter(([value]) => text.includes(value)).map(([, what]) => `${what} in the output of ${name}`);
  });
}
