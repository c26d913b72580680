import { certificatesOf } from '@keygate/common/jose';
import { DOMParser } from '@xmldom/xmldom';
import { SignedXml } from 'xml-crypto';
import type { SamlAssertion, SamlAssertions } from '../oauth2/assertions/saml-assertion.js';
import { readAssertion } from './read-assertion.js';
import { isWellFormed } from './well-formed.js';
import { attribute, childrenOf, elementsOf, namespaces } from './xml-elements.js';

const maxLength = 65_536;
const maxElements = 1_000;
const idText = /^[A-Za-z_][\w.-]{0,255}$/;

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
/** Nothing over SHA-1 or MD5, and no HMAC: a certificate is public, and would be the secret of it. */
const signatureMethods = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
]);
const digestMethods = new Set(['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512']);
const canonicalizations = new Set([exclusive, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315']);
const transforms = new Set(['http://www.w3.org/2000/09/xmldsig#enveloped-signature', ...canonicalizations]);

interface Candidate {
  readonly text: string;
  readonly id: string;
  readonly root: Element;
  readonly signature: Element;
}

/**
 * SAML 2.0 assertions by their enveloped signatures (SAML Core §5.4). Signature wrapping (the XSW attacks) has no room:
 * the assertion is the whole document, with one signature, as its child, over it; and what is read afterwards is what the
 * signature was computed over, parsed anew.
 */
export const signedAssertions: SamlAssertions = {
  issuerOf(xml) {
    const candidate = candidateOf(xml);
    return candidate && childrenOf(candidate.root, namespaces.saml, 'Issuer')[0]?.textContent?.trim();
  },
  verify(xml, certificates, now) {
    const candidate = candidateOf(xml);
    if (!candidate) return undefined;
    const inTime = certificatesOf(certificates).filter(
      ({ validFrom, validTo }) => Date.parse(validFrom) <= now && now < Date.parse(validTo),
    );
    for (const certificate of inTime) {
      const signed = signedText(candidate, certificate.toString());
      if (signed !== undefined) return assertionIn(signed, candidate.id);
    }
    return undefined;
  },
};

/** The document, if it has exactly the form in which a signature says something about all of it. */
function candidateOf(xml: string): Candidate | undefined {
  const text = plain(xml);
  const root = text === undefined ? undefined : parsed(text)?.documentElement;
  if (text === undefined || !root || root.namespaceURI !== namespaces.saml || root.localName !== 'Assertion')
    return undefined;
  const id = attribute(root, 'ID');
  if (attribute(root, 'Version') !== '2.0' || id === undefined || !idText.test(id)) return undefined;
  const elements = elementsOf(root);
  if (elements.length > maxElements) return undefined;
  // A second assertion, signature or bearer of the same id is there for one reason only.
  const isOnly = (name: string) => elements.filter(({ localName }) => localName === name).length === 1;
  if (!['Assertion', 'Signature', 'SignedInfo'].every(isOnly)) return undefined;
  const bearers = elements.filter((element) => idsOf(element).includes(id));
  if (bearers.length !== 1) return undefined;
  const signature = childrenOf(root, namespaces.dsig, 'Signature')[0];
  return signature && isOver(id, signature) ? { text, id, root, signature } : undefined;
}

/** One reference, to the assertion, by nothing but the algorithms that are allowed. */
function isOver(id: string, signature: Element): boolean {
  const [signedInfo] = childrenOf(signature, namespaces.dsig, 'SignedInfo');
  if (!signedInfo) return false;
  const references = elementsOf(signedInfo).filter(({ localName }) => localName === 'Reference');
  const [reference] = references;
  if (references.length !== 1 || !reference || attribute(reference, 'URI') !== `#${id}`) return false;
  const algorithms = (localName: string) =>
    elementsOf(signedInfo)
      .filter((element) => element.localName === localName)
      .map((element) => attribute(element, 'Algorithm') ?? '');
  const isOne = (localName: string, allowed: ReadonlySet<string>) => {
    const [name, ...others] = algorithms(localName);
    return others.length === 0 && name !== undefined && allowed.has(name);
  };
  const applied = algorithms('Transform');
  return (
    isOne('SignatureMethod', signatureMethods) &&
    isOne('DigestMethod', digestMethods) &&
    isOne('CanonicalizationMethod', canonicalizations) &&
    applied.length >= 1 &&
    applied.length <= 2 &&
    new Set(applied).size === applied.length &&
    applied.every((name) => transforms.has(name))
  );
}

/** The canonical text that the signature is over, if the certificate made it. */
function signedText({ text, signature }: Candidate, certificate: string): string | undefined {
  try {
    // KeyInfo is never asked: the sender chose what is in it.
    const signed = new SignedXml({ publicCert: certificate, getCertFromKeyInfo: () => null });
    signed.loadSignature(signature);
    if (!signed.checkSignature(text)) return undefined;
    const texts = signed.getSignedReferences();
    return texts.length === 1 ? texts[0] : undefined;
  } catch {
    return undefined;
  }
}

function assertionIn(signed: string, id: string): SamlAssertion | undefined {
  const root = parsed(signed)?.documentElement;
  const isIt = root?.namespaceURI === namespaces.saml && root.localName === 'Assertion' && attribute(root, 'ID') === id;
  return root && isIt ? readAssertion(root, id) : undefined;
}

/**
 * XML without document type (entities that grow or read files), comments and processing instructions (they split a text
 * in two, and parsers disagree which half counts) or CDATA. Ends of lines as XML 1.0 §2.11 wants them before parsing.
 */
function plain(xml: string): string | undefined {
  if (xml.length > maxLength) return undefined;
  const text = xml
    .replace(/\r\n?/g, '\n')
    .replace(/^\s*<\?xml [^?<>]*\?>/, '')
    .trim();
  return text.includes('<!') || text.includes('<?') ? undefined : text;
}

/** Undefined unless it is well-formed: the parser would repair it, and a repaired text is another text. */
function parsed(text: string): Document | undefined {
  if (!isWellFormed(text)) return undefined;
  const fail = (message: string) => {
    throw new Error(message);
  };
  try {
    const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } });
    return parser.parseFromString(text, 'text/xml');
  } catch {
    return undefined;
  }
}

function idsOf(element: Element): string[] {
  return Array.from(element.attributes as ArrayLike<Attr>)
    .filter(({ localName, name }) => (localName ?? name).toLowerCase() === 'id')
    .map(({ value }) => value);
}
