/**
 * JSON as XML, in the form WSO2's backends know: an object is `jsonObject`, a list at the top `jsonArray` of
 * `jsonElement`, a list in a member one element for each item. Throws a `RangeError` for what is nested too deeply or
 * would have more than `maxChars` characters: a long name and a long list under it are multiplied with each other.
 */
export function jsonToXml(value: unknown, maxChars: number): string {
  const writer = new XmlWriter(maxChars);
  if (!Array.isArray(value)) writer.element('jsonObject', value, 0);
  else {
    writer.write('<jsonArray>');
    for (const item of value) writer.element('jsonElement', item, 1);
    writer.write('</jsonArray>');
  }
  return writer.parts.join('');
}

const maxDepth = 100;

class XmlWriter {
  readonly parts: string[] = [];
  #length = 0;

  constructor(private readonly maxChars: number) {}

  write(text: string): void {
    this.#length += text.length;
    if (this.#length > this.maxChars) throw new RangeError('too long as XML');
    this.parts.push(text);
  }

  element(name: string, value: unknown, depth: number): void {
    if (depth > maxDepth) throw new RangeError('nested too deeply');
    if (value === null || value === undefined) {
      this.write(`<${name} xsi:nil="true" xmlns:xsi="${instance}"/>`);
      return;
    }
    this.write(`<${name}>`);
    if (typeof value === 'object') this.#members(value, depth);
    else this.write(escaped(String(value)));
    this.write(`</${name}>`);
  }

  #members(value: object, depth: number): void {
    if (Array.isArray(value)) {
      for (const item of value) this.element('jsonElement', item, depth + 1);
      return;
    }
    for (const [name, item] of Object.entries(value)) {
      const written = tag(name);
      for (const one of Array.isArray(item) ? item : [item]) this.element(written, one, depth + 1);
    }
  }
}

const instance = 'http://www.w3.org/2001/XMLSchema-instance';

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
