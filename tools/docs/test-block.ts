/** The source of the test that is called so, with the rows it is run on; undefined when there is none. */
export function blockOf(source: string, title: string): string | undefined {
  const lines = source.split('\n');
  const spellings = [`'${title}'`, `"${title}"`, `\`${title}\``];
  const at = lines.findIndex((line) => spellings.some((spelling) => line.includes(spelling)));
  if (at < 0) return undefined;
  const start = lines.findLastIndex((line, index) => index <= at && beginning.test(line));
  const end = lines.findIndex((line, index) => index > at && beginning.test(line));
  return lines.slice(start, end < 0 ? undefined : end).join('\n');
}

const beginning = /^\s*(?:it|describe)\b/;
