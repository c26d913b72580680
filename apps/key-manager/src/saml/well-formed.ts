const tag = /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
const attributeName = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"[^"]*"|'[^']*')/g;

/**
 * Whether every element is closed where it has to be and no attribute comes twice, in XML without document type, comments
 * and the like. The parser closes open elements itself, and what it makes of such a text is not what others read.
 */
export function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  for (let at = 0; at < xml.length; ) {
    if (at > 0 && open.length === 0) return false;
    tag.lastIndex = at;
    const [whole = '', closes = '', name = '', attributes = '', isEmpty = ''] = tag.exec(xml) ?? [];
    if (whole === '') return false;
    if (closes !== '' && (open.pop() !== name || attributes !== '' || isEmpty !== '')) return false;
    if (closes === '' && isEmpty === '') open.push(name);
    const names = [...attributes.matchAll(attributeName)].map(([, attribute]) => attribute);
    if (new Set(names).size !== names.length) return false;
    const next = xml.indexOf('<', at + whole.length);
    at = next < 0 ? xml.length : next;
    if (next < 0 && xml.slice(xml.lastIndexOf('>') + 1).trim() !== '') return false;
  }
  return xml !== '' && open.length === 0;
}
