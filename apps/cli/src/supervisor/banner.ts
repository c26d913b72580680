import type { QuickstartFacts } from './quickstart-file.js';

/** What is printed when everything is ready. Every line that begins with `curl` or `NAME=$(` works when pasted, in this order. */
export function banner(facts: QuickstartFacts, notes: readonly string[]): string {
  const lines = [
    '',
    'Keygate is ready.',
    '',
    `  Gateway          ${facts.gatewayUrl}   ${facts.gatewayHttpUrl}`,
    `  WebSocket        ${facts.webSocketUrls.join('   ')}`,
    `  Token endpoint   ${facts.tokenUrl}`,
    `  Key manager      ${facts.managementUrl}`,
    `  Administrator    ${facts.adminUsername} / ${facts.adminPassword}`,
    `  CA certificate   ${facts.caFile}`,
    ...notes.map((note) => `  Note             ${note}`),
    ...demoLines(facts),
    '',
    'Ctrl-C stops everything.',
    '',
  ];
  return lines.join('\n');
}

function demoLines(facts: QuickstartFacts): string[] {
  const { consumerKey, consumerSecret, username, password, sampleApi, tokenUrl, revokeUrl, gatewayUrl } = facts;
  if (!sampleApi) return [];
  const basic = `-H "Authorization: Basic ${Buffer.from(`${consumerKey}:${consumerSecret}`).toString('base64')}"`;
  const form = '-H "Content-Type: application/x-www-form-urlencoded"';
  const grant = `grant_type=password&username=${username}&password=${password}`;
  const pick = (member: string) => `sed 's/.*"${member}" *: *"\\([^"]*\\)".*/\\1/'`;
  const scoped = `curl -sk -d "${grant}&scope=${sampleApi.readScope}" ${basic} ${tokenUrl}`;
  const api = `${gatewayUrl}${sampleApi.context}/${sampleApi.version}`;
  const bearer = '-H "Authorization: Bearer $TOKEN"';
  const update = `-X ${sampleApi.updateMethod} ${bearer} -H "Content-Type: application/json" -d '{"name":"Rex"}'`;
  return [
    '',
    'Get an access and a refresh token:',
    `  curl -k -d "${grant}" ${basic} ${form} ${tokenUrl}`,
    '',
    `Get tokens with the scope "${sampleApi.readScope}" and keep them:`,
    `  TOKEN=$(${scoped} | ${pick('access_token')})`,
    `  REFRESH=$(${scoped} | ${pick('refresh_token')})`,
    '',
    'Trade the refresh token for a new pair:',
    `  curl -k -d "grant_type=refresh_token&refresh_token=$REFRESH" ${basic} ${tokenUrl}`,
    '',
    `Call the sample API, which needs the scope "${sampleApi.readScope}":`,
    `  curl -k ${bearer} ${api}${sampleApi.readPath}`,
    '',
    `The same token without the scope "${sampleApi.updateScope}" is refused (403, code 900910):`,
    `  curl -k ${update} ${api}${sampleApi.updatePath}`,
    '',
    'Revoke the token:',
    `  curl -k -d "token=$TOKEN" ${basic} ${revokeUrl}`,
    '',
    'Log in with a browser, use every other grant, register clients: docs/first-steps.md',
  ];
}
