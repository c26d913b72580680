import type { Answer, TestKeyManager } from './key-manager.js';

export interface Visited extends Answer {
  readonly location: string;
  readonly setCookies: readonly string[];
}

/** A client that keeps cookies and follows nothing by itself, as a browser would be told to. */
export class TestBrowser {
  readonly cookies = new Map<string, string>();

  constructor(private readonly keyManager: Pick<TestKeyManager, 'send'>) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Visited> {
    return this.#visit('GET', path, headers);
  }

  post(path: string, form: Record<string, string> | string, headers: Record<string, string> = {}): Promise<Visited> {
    const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
    return this.#visit('POST', path, { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body);
  }

  async #visit(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Visited> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.keyManager.send(method, path, { ...(cookie === '' ? {} : { cookie }), ...headers }, body);
    const setCookies = [answer.headers['set-cookie'] ?? []].flat();
    for (const line of setCookies) this.#keep(line);
    return { ...answer, setCookies, location: String(answer.headers.location ?? '') };
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** A member of the query of an address, or of its fragment. */
export function member(location: string, name: string): string {
  const { searchParams, hash } = new URL(location, 'https://none');
  return searchParams.get(name) ?? new URLSearchParams(hash.slice(1)).get(name) ?? '';
}

/** The value of a hidden field of a page. */
export function hidden(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? '';
}
