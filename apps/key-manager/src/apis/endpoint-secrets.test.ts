import { describe, expect, it } from 'vitest';
import { blankSecrets, sealSecrets } from './endpoint-secrets.js';
import { createSecretBox } from './secret-box.js';

const config = (password: unknown, clientSecret: unknown) => ({
  endpoint_type: 'http',
  endpoint_security: { production: { username: 'u', password }, sandbox: [{ clientSecret }] },
});
const box = createSecretBox(Buffer.alloc(32, 1));
const sealed = (given: unknown, stored?: unknown, apiId = 'api-1', by = box) =>
  sealSecrets(given as never, stored as never, by, apiId) as unknown as ReturnType<typeof config>;
const opened = ({ endpoint_security: { production, sandbox } }: ReturnType<typeof config>) =>
  [production.password, sandbox[0]?.clientSecret].map((value) => value && box.open(String(value), 'api-1'));

describe('secrets of endpointConfig', () => {
  it('are blank wherever they are', () => {
    expect(blankSecrets(config('p', 's'))).toEqual(config('', ''));
    expect(blankSecrets(config(null, 7))).toEqual(config('', ''));
    expect(blankSecrets(undefined)).toBeNull();
  });

  it('are sealed wherever they are, and nothing else is', () => {
    const made = sealed(config('hunter2', 7));
    expect(JSON.stringify(made)).not.toContain('hunter2');
    expect(opened(made)).toEqual(['hunter2', '7']);
    expect(blankSecrets(made)).toEqual(config('', ''));
  });

  it.each([
    ['an empty one', config('', ''), ['stored', 'kept']],
    ['null', config(null, null), ['stored', 'kept']],
    ['a new one', config('new', ''), ['new', 'kept']],
  ])('stay or change by %s', (_, given, expected) => {
    expect(opened(sealed(given, sealed(config('stored', 'kept'))))).toEqual(expected);
  });

  it('stay as they are in a change that does not name them', () => {
    const stored = sealed(config('stored', 'kept'));
    expect(sealed(stored, stored)).toEqual(stored);
  });

  it('are sealed even when they look sealed, so that nobody uses the secret of another API', () => {
    const foreign = sealed(config('theirs', ''), undefined, 'api-2').endpoint_security.production.password;
    expect(opened(sealed(config(foreign, ''), config('', '')))[0]).toBe(foreign);
  });

  it('are not taken from elsewhere', () => {
    const stored = sealed(config('stored', 'kept'));
    expect(sealed(config('', ''), undefined)).toEqual(config('', ''));
    expect(sealed({ endpoint_type: 'http', password: '' }, stored)).toEqual({ endpoint_type: 'http', password: '' });
    expect(sealed(null, stored)).toBeNull();
  });

  it('have to be sent again when the server key is another one', () => {
    const other = createSecretBox(Buffer.alloc(32, 2));
    const stored = sealed(config('stored', ''), undefined, 'api-1', other);
    const keep = () => sealed(config('', ''), stored);
    expect(keep).toThrow(
      'The stored endpointConfig.endpoint_security.production.password cannot be kept, since it was sealed with ' +
        'another server key: send it again',
    );
    expect(opened(sealed(config('new', ''), stored))).toEqual(['new', '']);
  });
});
