import type { Fixture } from './fixture.js';
import type { Sample } from './samples.js';

const publisher = '/api/am/publisher/v4';

const definition = JSON.stringify({
  openapi: '3.0.1',
  info: { title: 'T', version: '1' },
  paths: { '/a': { get: { responses: { 200: { description: 'ok' } } } } },
});

function form(fields: Readonly<Record<string, string>>): Pick<Sample, 'headers' | 'body'> {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    headers: { 'content-type': 'multipart/form-data; boundary=edge' },
    body: `${parts.join('')}--edge--\r\n`,
  };
}

/** Requests about definitions and operation policies that would succeed for whoever may make them. */
export const definitionSamples: Readonly<Record<string, (fixture: Fixture) => Sample>> = {
  [`PUT ${publisher}/apis/{apiId}/swagger`]: () => form({ apiDefinition: definition }),
  [`POST ${publisher}/apis/validate-openapi`]: () => form({ file: definition }),
  [`POST ${publisher}/apis/import-openapi`]: ({ scopeId }) =>
    form({
      file: definition,
      additionalProperties: JSON.stringify({ name: `i${scopeId}`, context: `/i${scopeId}`, version: '1' }),
    }),
  [`POST ${publisher}/operation-policies`]: ({ scopeId }) =>
    form({
      policySpecFile: JSON.stringify({ data: { name: `p${scopeId}` } }),
      synapsePolicyDefinitionFile: '<property name="X-A" value="b" scope="transport"/>',
    }),
};
