export const namespaces = {
  saml: 'urn:oasis:names:tc:SAML:2.0:assertion',
  dsig: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

/** Child elements of a name. */
export function childrenOf(parent: Element, namespace: string, localName: string): Element[] {
  return elementChildren(parent).filter((child) => child.namespaceURI === namespace && child.localName === localName);
}

/** The element itself and everything below it. */
export function elementsOf(root: Element): Element[] {
  const found = [root];
  for (let next = 0; next < found.length; next++) {
    const element = found[next];
    if (element) found.push(...elementChildren(element));
  }
  return found;
}

/** An attribute without a namespace; undefined when it isn't there. */
export function attribute(element: Element, name: string): string | undefined {
  return element.hasAttribute(name) ? (element.getAttribute(name) ?? undefined) : undefined;
}

export function elementChildren(parent: Element): Element[] {
  return Array.from(parent.childNodes as ArrayLike<ChildNode>).filter(
    (node): node is ChildNode & Element => node.nodeType === 1,
  );
}
