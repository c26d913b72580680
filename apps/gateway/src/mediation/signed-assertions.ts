import type { CompiledApi, CompiledApplication, CompiledSubscription } from '../apis/compiled-catalog.js';
import type { HeaderEdit } from '../apis/compiled-mediation.js';
import type { Exchange } from '../pipeline/exchange.js';
import { headerKey } from '../pipeline/mediation/header-edits.js';
import type { Assertions, TokenFacts } from '../pipeline/ports.js';
import { TwoGenerations } from '../tokens/two-generations.js';
import { assertionClaims, type ClaimSettings } from './assertion-claims.js';
import type { AssertionKey } from './assertion-key.js';

export interface AssertionSettings extends ClaimSettings {
  readonly header: string;
  readonly encoding: 'base64' | 'base64url';
  readonly lifetimeSeconds: number;
}

export interface AssertionOptions {
  readonly settings: AssertionSettings;
  readonly key: AssertionKey;
  readonly issuer: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What was signed for one caller of one API, and what it was made from. */
interface Signed {
  readonly api: CompiledApi;
  readonly application: CompiledApplication | undefined;
  readonly subscription: CompiledSubscription | undefined;
  readonly edit: HeaderEdit;
  readonly renewAt: number;
}

/** Callers that are remembered, and APIs of each. */
const maxCallers = 50_000;
const maxApis = 20;

/**
 * Signs who calls once for a caller and an API. It is kept by the facts of the token, which all tokens of one client,
 * user and scope share: a flood of new tokens costs no signing, and a token that is dead never gets here.
 */
export class SignedAssertions implements Assertions {
  readonly #signed = new TwoGenerations<Signed[], TokenFacts>(maxCallers);
  readonly #none: HeaderEdit;
  readonly #head: string;

  constructor(private readonly options: AssertionOptions) {
    const { settings, key } = options;
    this.#none = { name: settings.header, key: headerKey(settings.header), value: undefined };
    this.#head = this.#encoded(JSON.stringify({ typ: 'JWT', alg: key.alg, kid: key.kid }));
  }

  headerFor(exchange: Exchange): HeaderEdit {
    const { token, api, application, subscription } = exchange;
    // On an open resource nobody is known, and what a client says there must not pass for it.
    if (token === undefined) return this.#none;
    const now = this.options.now();
    const known = this.#signed.get(token);
    for (const signed of known ?? []) {
      if (signed.api !== api || signed.renewAt <= now) continue;
      if (signed.application === application && signed.subscription === subscription) return signed.edit;
    }
    const made = this.#sign(exchange, token, now);
    const others = (known ?? []).filter((signed) => signed.api.id !== api.id).slice(1 - maxApis);
    this.#signed.set(token, [...others, made]);
    return made.edit;
  }

  #sign(exchange: Exchange, token: TokenFacts, now: number): Signed {
    const { settings, key, issuer } = this.options;
    const issuedAt = Math.floor(now / 1_000);
    const claims = {
      ...assertionClaims(exchange, token, settings),
      iss: issuer(),
      iat: issuedAt,
      exp: issuedAt + settings.lifetimeSeconds,
    };
    const signed = `${this.#head}.${this.#encoded(JSON.stringify(claims))}`;
    const { api, application, subscription } = exchange;
    return {
      api,
      application,
      subscription,
      edit: { ...this.#none, value: `${signed}.${this.#encoded(key.sign(signed))}` },
      // A backend gets none that ends while it works on the call.
      renewAt: now + settings.lifetimeSeconds * 800,
    };
  }

  #encoded(content: string | Buffer): string {
    return Buffer.from(content as string).toString(this.options.settings.encoding);
  }
}
