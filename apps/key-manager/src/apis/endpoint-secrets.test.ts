import { describe, expect, it } from 'vitest';
import { blankSecrets, keepSecrets } from './endpoint-secrets.js';

const config = (password: unknown, clientSecret: unknown) => ({
  endpoint_type: 'http',
  endpoint_security: { production: { username: 'u', password }, sandbox: [{ clientSecret }] },
});

describe('secrets of endpointConfig', () => {
  it('are blank wherever they are', () => {
    expect(blankSecrets(config('p', 's'))).toEqual(config('', ''));
    expect(blankSecrets(config(null, 7))).toEqual(config('', ''));
    expect(blankSecrets(undefined)).toBeNull();
  });

  it.each([
    ['an empty one', config('', ''), config('stored', 'kept')],
    ['null', config(null, null), config('stored', 'kept')],
    ['a new one', config('new', ''), config('new', 'kept')],
  ])('stay or change by %s', (_, given, expected) => {
    expect(keepSecrets(given, config('stored', 'kept'))).toEqual(expected);
  });

  it('are not taken from elsewhere', () => {
    expect(keepSecrets(config('', ''), undefined)).toEqual(config('', ''));
    expect(keepSecrets({ endpoint_type: 'http', password: '' }, config('stored', 'kept'))).toEqual({
      endpoint_type: 'http',
      password: '',
    });
    expect(keepSecrets(null, config('stored', 'kept'))).toBeNull();
  });
});
