import type { SamlAssertion, SamlConfirmation } from '../oauth2/assertions/saml-assertion.js';
import { attribute, childrenOf, elementChildren, namespaces } from './xml-elements.js';

const children = (parent: Element, localName: string) => childrenOf(parent, namespaces.saml, localName);
const textOf = (element: Element | undefined) => element?.textContent?.trim();
const knownConditions = new Set(['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction']);

/** What an assertion says, which has to be verified before. */
export function readAssertion(root: Element, id: string): SamlAssertion {
  const [subject] = children(root, 'Subject');
  const [conditions] = children(root, 'Conditions');
  return {
    id,
    issuer: textOf(children(root, 'Issuer')[0]) ?? '',
    nameId: textOf(subject && children(subject, 'NameID')[0]),
    conditions: conditions && period(conditions),
    audiences: conditions
      ? children(conditions, 'AudienceRestriction').map((restriction) =>
          children(restriction, 'Audience').map((audience) => textOf(audience) ?? ''),
        )
      : [],
    hasOtherConditions: conditions
      ? elementChildren(conditions).some(
          ({ namespaceURI, localName }) => namespaceURI !== namespaces.saml || !knownConditions.has(localName ?? ''),
        )
      : false,
    isForOneUse: conditions !== undefined && children(conditions, 'OneTimeUse').length > 0,
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(confirmation) : [],
    sessionEnds: children(root, 'AuthnStatement').flatMap((one) => attribute(one, 'SessionNotOnOrAfter') ?? []),
    attributes: attributesOf(root),
  };
}

function confirmation(element: Element): SamlConfirmation {
  const [data] = children(element, 'SubjectConfirmationData');
  return {
    method: attribute(element, 'Method') ?? '',
    data: data && { ...period(data), recipient: attribute(data, 'Recipient') },
  };
}

function period(element: Element) {
  return { notBefore: attribute(element, 'NotBefore'), notOnOrAfter: attribute(element, 'NotOnOrAfter') };
}

function attributesOf(root: Element): Readonly<Record<string, readonly string[]>> {
  const attributes = new Map<string, string[]>();
  for (const element of children(root, 'AttributeStatement').flatMap((one) => children(one, 'Attribute'))) {
    const name = attribute(element, 'Name');
    if (name === undefined) continue;
    const values = children(element, 'AttributeValue').map((value) => textOf(value) ?? '');
    attributes.set(name, [...(attributes.get(name) ?? []), ...values]);
  }
  return Object.assign(Object.create(null), Object.fromEntries(attributes));
}
