import { randomUUID } from 'node:crypto';
import type { Fixture } from './fixture.js';
import type { Sample } from './samples.js';
import { samplePem, upload } from './upload.js';

const publisher = '/api/am/publisher/v4';
const parameters = { keyType: 'PRODUCTION' };

const ofClients = ['/apis/{apiId}/client-certificates', '/apis/{apiId}/client-certs/{keyType}'].flatMap((path) => [
  [`GET ${publisher}${path}`, () => ({ parameters })],
  [
    `POST ${publisher}${path}`,
    () => ({ parameters, ...upload(samplePem, { alias: randomUUID(), tier: 'Unlimited' }) }),
  ],
  [`GET ${publisher}${path}/{alias}`, () => ({ parameters })],
  [`PUT ${publisher}${path}/{alias}`, () => ({ parameters, ...upload(samplePem, { tier: 'Gold' }) })],
  [`DELETE ${publisher}${path}/{alias}`, () => ({ parameters })],
]);

/** Requests about certificates that would succeed for whoever may make them. */
export const certificateSamples: Readonly<Record<string, (fixture: Fixture) => Sample>> = {
  ...Object.fromEntries(ofClients),
  [`POST ${publisher}/endpoint-certificates`]: () =>
    upload(samplePem, { alias: randomUUID(), endpoint: 'https://backend.example.com' }),
  [`PUT ${publisher}/endpoint-certificates/{alias}`]: () => upload(samplePem),
};
