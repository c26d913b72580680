/**
 * JSON as XML, in the form WSO2's backends know: an object is `jsonObject`, a list at the top `jsonArray` of
 * `jsonElement`, a list in a member one element for each item. Throws a `RangeError` for what is nested too deeply.
 */
export function jsonToXml(value: unknown): string {
  if (Array.isArray(value))
    return `<jsonArray>${value.map((item) => element('jsonElement', item, 1)).join('')}</jsonArray>`;
  return element('jsonObject', value, 0);
}

const maxDepth = 100;

function element(name: string, value: unknown, depth: number): string {
  if (depth > maxDepth) throw new RangeError('nested too deeply');
  if (value === null || value === undefined) return `<${name} xsi:nil="true" xmlns:xsi="${instance}"/>`;
  return `<${name}>${typeof value === 'object' ? members(value, depth) : escaped(String(value))}</${name}>`;
}

const instance = 'http://www.w3.org/2001/XMLSchema-instance';

function members(value: object, depth: number): string {
  if (Array.isArray(value)) return value.map((item) => element('jsonElement', item, depth + 1)).join('');
  return Object.entries(value)
    .flatMap(([name, item]) => (Array.isArray(item) ? item : [item]).map((one) => element(tag(name), one, depth + 1)))
    .join('');
}

/** Names of members may be any text, those of elements may not (WSO2 writes them in the same way). */
function tag(name: string): string {
  const written = name.replace(/[^A-Za-z0-9_.-]/g, (character) => `_JsonReader_${character.codePointAt(0)}_`);
  if (written === '') return '_JsonReader_0_';
  return /^[A-Za-z_]/.test(written) ? written : `_JsonReader_PD_${written}`;
}

/** Characters that XML 1.0 cannot hold at all become U+FFFD. */
function escaped(text: string): string {
  return text
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
