import type { HeaderEdit } from '../../apis/compiled-mediation.js';
import type { Exchange } from '../exchange.js';
import { GatewayError } from '../gateway-errors.js';
import { findHeader } from '../header-lines.js';
import { jsonToXml } from './json-to-xml.js';
import { type BodyLimits, holdFor, readBody } from './read-body.js';
import { xmlProblem } from './xml-form.js';

export const xmlTypes: HeaderEdit = {
  name: 'Content-Type',
  key: 'content-type',
  value: 'application/xml; charset=UTF-8',
};

/** Makes XML of a JSON body. False for what is no JSON: XML has to be well-formed and passes, all else passes unread. */
export async function bodyAsXml(exchange: Exchange, limits: BodyLimits): Promise<boolean> {
  const contentType = (findHeader(exchange.rawHeaders, 'content-type') ?? '').toLowerCase();
  const kind = /^[^;]*[/+](json|xml)\s*(?:;|$)/.exec(contentType)?.[1];
  if (kind === undefined) return false;
  const coding = findHeader(exchange.rawHeaders, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity') malformed('The payload has a content coding');
  const text = (await readBody(exchange, limits)).toString();
  if (text.trim() === '') return false;
  if (kind === 'xml') {
    const problem = xmlProblem(text);
    if (problem !== undefined) malformed(problem);
    return false;
  }
  const xml = Buffer.from(converted(text, limits.maxBodyBytes * mostGrowth));
  holdFor(exchange, xml.length, limits);
  exchange.body = xml;
  return true;
}

/** A `null` becomes some seventy characters, and short names stand there twice; more is no honest document. */
const mostGrowth = 8;

function converted(text: string, maxChars: number): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    malformed('The payload is no JSON');
  }
  try {
    return jsonToXml(value, maxChars);
  } catch (error) {
    malformed(`The payload is ${error instanceof RangeError ? error.message : 'no XML'}`);
  }
}

function malformed(description: string): never {
  throw new GatewayError('payloadMalformed', { description });
}
