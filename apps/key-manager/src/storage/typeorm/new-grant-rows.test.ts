import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grant, tokenPair } from '../fixtures.contract.js';
import { isNewGrant, newGrantColumns } from './new-grant-rows.js';

const subjectColumn = 3;

/** Reads a one-dimensional array literal as PostgreSQL does (documentation, "Array Input and Output Syntax"). */
function read(literal: string): (string | null)[] {
  const elements = literal.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,]+/gsu) ?? [];
  return elements.map((element) => {
    if (element === 'NULL') return null;
    return element.startsWith('"') ? element.slice(1, -1).replace(/\\(.)/gsu, '$1') : element;
  });
}

describe('columns of new grants', () => {
  it('hold any text as it is, one element for each grant', () => {
    const subject = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('NULL', '', '","', '\\', '"}', '{', ' a ', '\n'),
    );
    fc.assert(
      fc.property(fc.array(fc.option(subject, { nil: undefined }), { minLength: 1, maxLength: 8 }), (subjects) => {
        const batch = subjects.map((one) => tokenPair(grant('client', 1, { subject: one }), 1));
        const column = newGrantColumns(batch)[subjectColumn] ?? '';
        expect(read(column)).toEqual(subjects.map((one) => one ?? null));
      }),
    );
  });

  it('are those of grants that are made together with their tokens', () => {
    expect(isNewGrant(tokenPair(grant('client', 1), 1))).toBe(true);
    expect(isNewGrant(tokenPair(grant('client', 1), 2))).toBe(false);
    expect(isNewGrant(tokenPair(grant('client', 1), 1, 1))).toBe(false);
  });
});
