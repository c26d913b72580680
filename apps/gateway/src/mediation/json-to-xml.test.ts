import { afterEach, expect, it } from 'vitest';
import { jsonToXml } from '../pipeline/mediation/json-to-xml.js';
import { aPolicy, type MediatedGateway, startMediated } from './test/mediated-gateway.js';

let world: MediatedGateway | undefined;
afterEach(() => world?.stop());

it('writes no more than it may, however names and lists multiply', () => {
  const value = { ['%'.repeat(20_000)]: Array.from({ length: 1_000 }, () => 1) };
  expect(() => jsonToXml(value, 100_000)).toThrow(RangeError);
  expect(() => jsonToXml({ a: 'bc' }, '<jsonObject><a>bc</a></jsonObject>'.length - 1)).toThrow(RangeError);
  expect(jsonToXml({ a: 'bc' }, '<jsonObject><a>bc</a></jsonObject>'.length)).toBe(
    '<jsonObject><a>bc</a></jsonObject>',
  );
});

it('refuses a body that would be far longer as XML, and holds what it made until the call is over', async () => {
  world = await startMediated({ request: [aPolicy('jsonToXML')] }, { maxBodyBytes: 1_000 });
  const post = (body: string) => world?.call('POST /pets', ['Content-Type: application/json'], body);
  const name = 'n'.repeat(400);
  expect(await post(`{"${name}":[${'1,'.repeat(200)}1]}`)).toMatchObject({
    status: 500,
    body: expect.stringContaining('too long as XML'),
  });
  expect(world.backend.requestLines).toEqual([]);
  expect(await post('{"a":[1,null]}')).toMatchObject({ status: 200 });
  await expect.poll(() => world?.budget.held).toBe(0);
});
