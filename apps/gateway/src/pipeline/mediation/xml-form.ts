const maxDepth = 200;

/** One tag with its attributes; linear in the text. */
const tag =
  /<(?<close>\/)?(?<name>[\p{L}_:][\p{L}\p{N}_:.-]*)(?:\s+[\p{L}_:][\p{L}\p{N}_:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(?<empty>\/)?>/uy;

/** What is passed over whole. Declarations of types are none of these: they would be malformed markup. */
const passed = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** Why a text is no well-formed XML, in words that WSO2's clients know; undefined when it is. */
export function xmlProblem(text: string): string | undefined {
  const open: string[] = [];
  let hasRoot = false;
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    const next = text.indexOf('<', at);
    const between = text.slice(at, next < 0 ? text.length : next);
    if (open.length === 0 && between.trim() !== '') return 'Unexpected character outside of the root element';
    if (next < 0) break;
    const special = passed.find(([start]) => text.startsWith(start, next));
    if (special !== undefined) {
      const end = text.indexOf(special[1], next + special[0].length);
      if (end < 0) return ended(open);
      at = end + special[1].length;
      continue;
    }
    tag.lastIndex = next;
    const groups = tag.exec(text)?.groups;
    if (groups === undefined) return text.indexOf('>', next) < 0 ? ended(open) : 'Malformed markup';
    at = tag.lastIndex;
    if (groups.close !== undefined) {
      if (open.pop() !== groups.name) return 'Unexpected close tag';
      continue;
    }
    if (open.length === 0 && hasRoot) return 'More than one root element';
    hasRoot = true;
    if (groups.empty === undefined) open.push(groups.name as string);
    if (open.length > maxDepth) return 'Nested too deeply';
  }
  if (open.length > 0) return ended(open);
  return hasRoot ? undefined : 'Unexpected EOF in prolog';
}

function ended(open: readonly string[]): string {
  const name = open.at(-1);
  return name === undefined
    ? 'Unexpected EOF in prolog'
    : `Unexpected EOF; was expecting a close tag for element <${name}>`;
}
