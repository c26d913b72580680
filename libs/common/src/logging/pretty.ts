const hidden = new Set(['level', 'time', 'pid', 'name', 'msg', 'err', 'context']);

/** One JSON log line as a line for people: time, level, who, message, then the other members as `name=value`. */
export function prettyLine(json: string): string {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json;
  }
  const time = String(line.time ?? '').slice(11, 23);
  const who = [line.name, line.context].filter((part) => part !== undefined).join('/');
  const rest = Object.entries(line)
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const head = [time, String(line.level).toUpperCase().padEnd(5), who, line.msg, ...rest];
  return `${head.filter((part) => part !== undefined && part !== '').join(' ')}${errorLines(line.err)}\n`;
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return `\n    ${String(stack ?? message).replaceAll('\n', '\n    ')}`;
}
