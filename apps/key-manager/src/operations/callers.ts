import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Knows, anywhere below a request, whether its caller still waits: a call past its deadline or a closed connection must
 * not get the work that others queue for. For requests that may queue, that is check a password; others do without.
 */
export class Callers {
  readonly #current = new AsyncLocalStorage<() => boolean>();
  #active = 0;

  during<T>(isGone: () => boolean, work: () => Promise<T>): Promise<T> {
    this.#active += 1;
    return this.#current.run(isGone, work).finally(() => {
      this.#active -= 1;
      // While a context is enabled Node watches every promise of the process, a tenth of what a token costs.
      if (this.#active === 0) this.#current.disable();
    });
  }

  readonly isGone = (): boolean => this.#current.getStore()?.() ?? false;
}
