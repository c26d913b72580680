interface Fault {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly description: string;
}

interface OAuthFault {
  readonly error: string;
  readonly status: number;
  readonly meaning: string;
}

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** docs/errors.md, from the tables in the code. */
export function errorsPage(faults: Readonly<Record<string, Fault>>, oauthErrors: readonly OAuthFault[]): string {
  return `# Errors

<!-- Written from the code: npx vitest run --project check tools/docs/errors.test.ts -u -->

## API calls

What the gateway itself answers, from \`apps/gateway/src/pipeline/faults/\`. The body is
\`{"code","message","description"}\`, or the same as XML for a client that prefers it. A 401 carries a \`WWW-Authenticate\` as RFC 6750
asks, a 405 an \`Allow\`, a 503 that will pass a \`Retry-After\`. Everything else comes from the backend, unchanged.

${[
  row('Status', 'Code', 'Message', 'Description', 'Name in the code'),
  row('---', '---', '---', '---', '---'),
  ...Object.entries(faults).map(([name, { status, code, message, description }]) =>
    row(String(status), code, message, description, `\`${name}\``),
  ),
].join('\n')}

## Token requests

What \`/token\`, \`/revoke\` and \`/oauth2/*\` answer, from \`apps/key-manager/src/oauth2/errors.ts\`. The body is that of RFC 6749 §5.2:
\`{"error","error_description"}\`. It never repeats what was sent. When the gateway gets no answer from a key manager it says
\`temporarily_unavailable\` itself. The authorization endpoint sends its errors to the application by redirect: see
[Log in with a browser](authorize.md).

${[
  row('Status', 'error', 'Meaning'),
  row('---', '---', '---'),
  ...oauthErrors.map(({ status, error, meaning }) => row(String(status), `\`${error}\``, meaning)),
].join('\n')}
`;
}
