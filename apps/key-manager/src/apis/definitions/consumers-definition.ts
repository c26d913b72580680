import { type Definition, isObject, objectAt, verbs } from './definition.js';

const ofDocument = new Set([
  ...['x-wso2-cors', 'x-wso2-auth-header', 'x-wso2-throttling-tier', 'x-throttling-tier', 'x-wso2-basePath'],
  ...['x-wso2-production-endpoints', 'x-wso2-sandbox-endpoints', 'x-wso2-transports', 'x-wso2-mutual-ssl'],
  ...['x-wso2-application-security', 'x-wso2-response-cache'],
]);

const ofOperations = new Set([
  ...['x-wso2-application-security', 'x-wso2-sandbox-endpoints', 'x-wso2-production-endpoints'],
  ...['x-wso2-disable-security', 'x-wso2-throttling-tier', 'x-mediation-script'],
]);

/** An API's document as its consumers see it: nothing of where and how the gateway calls the backend. */
export function consumersDefinition(document: Definition): Definition {
  const paths = Object.entries(objectAt(document, 'paths')).map(([path, item]) => [
    path,
    isObject(item) ? withoutOwn(item) : item,
  ]);
  return { ...without(document, ofDocument), paths: Object.fromEntries(paths) };
}

function withoutOwn(item: Definition): Definition {
  const entries = Object.entries(item).map(([name, value]) => [
    name,
    isObject(value) && (verbs as readonly string[]).includes(name) ? without(value, ofOperations) : value,
  ]);
  return Object.fromEntries(entries);
}

function without(given: Definition, names: ReadonlySet<string>): Definition {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !names.has(name)));
}
