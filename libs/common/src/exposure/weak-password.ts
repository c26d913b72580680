const shortest = 12;
const fewestCharacters = 6;
// What attackers try first, with whatever digits and marks behind it.
const wellKnown =
  /^(admin|root|password|passw0rd|keygate|wso2|secret|change-?me|letmein|qwerty|welcome|test|demo|12345\d*)[\W\d_]*$/i;

/** Why a password must not guard what other machines can reach, or undefined. The password itself is not repeated. */
export function weakness(password: string): string | undefined {
  if (wellKnown.test(password)) return 'is a well-known password';
  if (password.length < shortest) return `is shorter than ${shortest} characters`;
  if (new Set(password).size < fewestCharacters) return 'repeats a few characters';
  return undefined;
}
