interface Fault {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly description: string;
}

interface ErrorTest {
  readonly file: string;
  readonly title: string;
}

interface OAuthFault {
  readonly error: string;
  readonly status: number;
  readonly meaning: string;
}

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) => Object.keys(table) as Name[];

const testLink = ({ file, title }: ErrorTest) => `[${title}](../${file})`;

/** docs/errors.md, from the tables in the code. */
export function errorsPage<Name extends string, Code extends string>(
  faults: Readonly<Record<Name, Fault>>,
  oauthErrors: readonly (OAuthFault & { readonly error: Code })[],
  tests: { readonly faults: Readonly<Record<Name, ErrorTest>>; readonly oauth: Readonly<Record<Code, ErrorTest>> },
): string {
  return `# Errors

<!-- Written from the code: npx vitest run --project check tools/docs/errors.test.ts -u -->

## API calls

What the gateway itself answers, from \`apps/gateway/src/pipeline/faults/\`. The body is
\`{"code","message","description"}\`, or the same as XML for a client that prefers it. A 401 carries a \`WWW-Authenticate\` as RFC 6750
asks, a 405 an \`Allow\`, a 503 that will pass a \`Retry-After\`. Everything else comes from the backend, unchanged. The last
column is the test that provokes the error, by its title.

${[
  row('Status', 'Code', 'Message', 'Description', 'Name in the code', 'Test'),
  row('---', '---', '---', '---', '---', '---'),
  ...namesOf(faults).map((name) => {
    const { status, code, message, description } = faults[name];
    return row(String(status), code, message, description, `\`${name}\``, testLink(tests.faults[name]));
  }),
].join('\n')}

## Token requests

What \`/token\`, \`/revoke\` and \`/oauth2/*\` answer, from \`apps/key-manager/src/oauth2/errors.ts\`. The body is that of RFC 6749 §5.2:
\`{"error","error_description"}\`. It never repeats what was sent. When the gateway gets no answer from a key manager it says
\`temporarily_unavailable\` itself. The authorization endpoint sends its errors to the application by redirect: see
[Log in with a browser](authorize.md).

${[
  row('Status', 'error', 'Meaning', 'Test'),
  row('---', '---', '---', '---'),
  ...oauthErrors.map(({ status, error, meaning }) =>
    row(String(status), `\`${error}\``, meaning, testLink(tests.oauth[error])),
  ),
].join('\n')}
`;
}
