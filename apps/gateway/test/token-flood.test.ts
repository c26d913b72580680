import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { metric, startTestBed, type TestBed } from './support/test-gateway.js';

let bed: TestBed;
const agent = new Agent({ keepAlive: true, maxSockets: 20 });

beforeAll(async () => {
  bed = await startTestBed();
  bed.keyManager.grant('good');
});

afterAll(async () => {
  agent.destroy();
  await bed.stop();
});

function statusOf(token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    request(`${bed.urls.http}/petstore/1.0.0/pets`, { agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

it('a flood of made-up tokens costs the key manager less than a tenth of it, and known tokens work all the while', async () => {
  expect(await statusOf('good')).toBe(200);
  const before = bed.keyManager.validations;
  const tally = new Map<number, number>();
  const count = 4_000;
  const send = async () => {
    for (let i = 0; i < count / 20; i++) {
      const status = await statusOf(i % 50 === 49 ? 'good' : randomBytes(16).toString('hex'));
      tally.set(status, (tally.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, send));
  const asked = bed.keyManager.validations - before;
  expect(asked).toBeGreaterThan(0);
  expect(asked).toBeLessThan(count / 10);
  // Refused are those that the key manager was asked about; nobody knows about the others.
  expect(tally.get(200)).toBe(count / 50);
  expect(tally.get(401)).toBe(asked);
  expect(tally.get(503)).toBe(count - count / 50 - asked);
  expect(await metric(bed, 'tokens_refused')).toBeLessThanOrEqual(asked);
});
