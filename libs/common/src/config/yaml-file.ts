import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';

/** What a configuration file says, and on which line it says it. */
export interface YamlFile {
  readonly value: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
  /** `keygate.yaml line 12`, or the file name alone when the path is not in the file. */
  where(path: readonly PropertyKey[]): string;
}

/** Reads one YAML document. Aliases are limited by the parser, so a small file cannot grow into a large value. */
export function readYamlFile(file: string): YamlFile {
  const name = basename(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (error as Error).message;
    return { value: {}, problems: [`${file}: cannot be read: ${reason}`], where: () => name };
  }
  return parseYaml(text, name);
}

export function parseYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number | undefined) =>
    offset === undefined ? name : `${name} line ${lines.linePos(offset).line}`;
  const problems = document.errors.map((error) => `${lineOf(error.pos[0])}: ${error.message.split('\n')[0]}`);
  const where = (path: readonly PropertyKey[]) => lineOf(offsetOf(document.contents, path));
  if (problems.length > 0) return { value: {}, problems, where };
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return { value: {}, problems, where };
  if (typeof value !== 'object' || Array.isArray(value)) {
    return { value: {}, problems: [`${name}: must hold settings as "name: value" lines`], where };
  }
  return { value: value as Record<string, unknown>, problems, where };
}

function offsetOf(contents: unknown, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const key of path) {
    if (!isMap(node)) return offset;
    const pair = (node as YAMLMap).items.find((item) => isScalar(item.key) && item.key.value === key);
    if (!pair) return offset;
    offset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
    node = pair.value;
  }
  return offset;
}
