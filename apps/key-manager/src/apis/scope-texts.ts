import type { ScopeTextStore } from '../storage/ports.js';

interface ScopeText {
  readonly title: string;
  readonly description?: string | undefined;
}

/** What no API registers, in the words of a consent page. */
const standard: Readonly<Record<string, ScopeText>> = {
  default: { title: 'Call APIs for you', description: 'Those that need no further permission.' },
  openid: { title: 'Know that it is you', description: 'It learns who you are each time you log in.' },
  profile: { title: 'See your profile', description: 'Such as your name.' },
  email: { title: 'See your email address' },
  address: { title: 'See your postal address' },
  phone: { title: 'See your phone number' },
  groups: { title: 'See which groups you are in' },
  offline_access: { title: 'Keep access while you are away', description: 'Until you or the application end it.' },
};

/** Scopes as people understand them: as the API's publisher worded them, else the standard words, else the name. */
export function createScopeTexts(store: ScopeTextStore) {
  return async (tenantDomain: string, scope: readonly string[]): Promise<readonly ScopeText[]> => {
    const registered = await store.describeScopes(tenantDomain, scope);
    return scope.map((name) => {
      const text = registered.get(name);
      if (!text) return Object.hasOwn(standard, name) ? (standard[name] ?? { title: name }) : { title: name };
      const title = text.displayName.trim() || name;
      const description = text.description.trim();
      return { title, description: description === '' || description === title ? undefined : description };
    });
  };
}
