import fc from 'fast-check';

/** Any UTF-16 text, lone surrogates and control characters included. */
export const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x7f })))
  .map((units) => String.fromCharCode(...units));

/** Text that has a UTF-8 form. */
export const wellFormedText = anyText.map((text) => text.replaceAll(/\p{Cs}/gu, '😀'));
