import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Knows, anywhere below a request, whether its caller still waits: a call past its deadline or a closed connection must
 * not get the work that others queue for.
 */
export class Callers {
  readonly #current = new AsyncLocalStorage<() => boolean>();

  during<T>(isGone: () => boolean, work: () => Promise<T>): Promise<T> {
    return this.#current.run(isGone, work);
  }

  readonly isGone = (): boolean => this.#current.getStore()?.() ?? false;
}
