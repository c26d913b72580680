import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, vi } from 'vitest';
import { createContracts } from './contracts.js';

/** The one operation of a document, as a check of JSON bodies. */
function checkOf(schema: object, schemas: object = {}): (body: unknown) => string | undefined {
  const requestBody = { content: { 'application/json': { schema } } };
  const contracts = createContracts(
    JSON.stringify({
      openapi: '3.0.1',
      paths: { '/x': { post: { requestBody, responses: {} } } },
      components: { schemas },
    }),
  );
  const contract = typeof contracts === 'string' ? contracts : contracts.of('POST', '/x');
  if (typeof contract === 'string') throw new Error(contract);
  return (body) => contract.checkBody(['content-type', 'application/json'], Buffer.from(JSON.stringify(body)));
}

const to = (name: string) => ({ $ref: `#/components/schemas/${name}` });

describe('a schema', () => {
  it.each(['allOf', 'anyOf', 'oneOf'])('whose parts double with every step stops nobody: %s', (word) => {
    const schemas: Record<string, object> = { level0: word === 'allOf' ? {} : { type: 'integer' } };
    for (let i = 1; i <= 60; i++) schemas[`level${i}`] = { [word]: [to(`level${i - 1}`), to(`level${i - 1}`)] };
    expect(checkOf(to('level60'), schemas)('text')).toContain('takes too long to check');
  });

  it('that contains itself twice stops nobody, whatever is sent', () => {
    const node = { anyOf: [1, 2].map((minProperties) => ({ minProperties, properties: { next: to('node') } })) };
    let value: object = { next: 5 };
    for (let i = 0; i < 60; i++) value = { next: value, more: 1 };
    const check = checkOf(to('node'), { node: { ...node, type: 'object' } });
    expect(check(value)).toContain('takes too long to check');
    expect(check({ next: { next: { more: 1 } } })).toBeUndefined();
  });

  it('with a pattern is not held against a text that would take minutes', () => {
    const check = checkOf({ type: 'string', pattern: '[a-z]{1,1000}[0-9]' });
    expect(check('a'.repeat(1_000_000))).toContain('takes too long to check');
    expect(check(`${'a'.repeat(1_000)}5`)).toBeUndefined();
    expect(check('a'.repeat(1_000))).toContain('must match pattern');
  });

  it('counts for each value anew', () => {
    const check = checkOf({ type: 'array', items: to('item') }, { item: { type: 'integer' } });
    const many = Array.from({ length: 300_000 }, () => 1);
    for (let i = 0; i < 8; i++) expect(check(many)).toBeUndefined();
  });
});

describe('a document', () => {
  it('whose large schema is named in many places is not compiled once for each, which would take minutes', () => {
    const properties = (count: number, of: (i: number) => object) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`member${i}`, of(i)]));
    const large = { type: 'object', properties: properties(300, (i) => ({ type: 'string', minLength: i })) };
    const check = checkOf({ type: 'object', properties: properties(400, () => to('large')) }, { large });
    expect(check({ member5: { member7: 'short' } })).toContain('must NOT have fewer than 7 characters');
  });

  it('that cannot be compiled is tried once', () => {
    const compile = vi.spyOn(Ajv2020.prototype, 'compile');
    const check = checkOf({ type: 'string', pattern: '(?=a)b' });
    for (let i = 0; i < 3; i++) expect(() => check('b')).toThrow();
    expect(compile).toHaveBeenCalledTimes(1);
    compile.mockRestore();
  });
});
