import { DOMParser } from '@xmldom/xmldom';
import { Refusal } from '../../refusal.js';
import { elementChildren } from '../../saml/xml-elements.js';
import type { PolicyStep } from './operation-policy.js';

const maxSteps = 50;

/**
 * Reads the part of WSO2's policy language that sets and takes out headers: `property` and `header` of the transport
 * scope. All else is refused when it is uploaded, because a gateway that left it out would serve another policy.
 */
export function readPolicyDefinition(text: string): PolicyStep[] {
  if (/\{%/.test(text)) throw refused('it holds template commands');
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw refused('it declares types');
  const steps = elementsIn(text).flatMap(stepOf);
  if (steps.length === 0) throw refused('it does nothing');
  if (steps.length > maxSteps) throw refused(`it has more than ${maxSteps} steps`);
  return steps;
}

function elementsIn(text: string): Element[] {
  const onError = (message: string) => {
    throw refused(`it is no XML (${String(message).split('\n', 1)[0]?.slice(0, 100)})`);
  };
  const parser = new DOMParser({ errorHandler: { warning: onError, error: onError, fatalError: onError } });
  const root = parser.parseFromString(`<policy>${text.replace(/^\s*<\?xml[^>]*\?>/, '')}</policy>`, 'text/xml');
  const children = elementChildren(root.documentElement);
  // A sequence around it all says nothing more.
  const [only] = children;
  return children.length === 1 && only?.localName === 'sequence' ? elementChildren(only) : children;
}

function stepOf(element: Element): PolicyStep[] {
  const { localName } = element;
  if (localName === 'log') return [];
  if (localName !== 'property' && localName !== 'header') throw refused(`gateways do not know <${localName}>`);
  if (element.getAttribute('scope') !== 'transport') throw refused(`<${localName}> is not of the transport scope`);
  const name = element.getAttribute('name') ?? '';
  const value = element.getAttribute('value') ?? '';
  if (name === '' || element.getAttribute('expression')) throw refused(`<${localName}> needs a name and a value`);
  return element.getAttribute('action') === 'remove'
    ? [{ name: 'removeHeader', parameters: { headerName: name } }]
    : [{ name: 'addHeader', parameters: { headerName: name, headerValue: value } }];
}

function refused(why: string): Refusal {
  return new Refusal('invalid', `The policy definition cannot be used: ${why}`);
}
