const token = /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|'([^']*)'|"([^"]*)"|(\d+)|(\w+)|(==|!=|>=|[()[\],;:#>])/y;
const maxQueryLength = 16_384;
const maxDepth = 50;

interface Token {
  readonly kind: 'text' | 'number' | 'word' | 'sign';
  readonly text: string;
}

/** The words and signs of a query, one after the other. Keywords are read in any case, as Siddhi does. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(query: string) {
    if (query.length > maxQueryLength) throw new Error('its query is too long');
    this.#tokens = tokensOf(query);
  }

  /** Takes the next token if it is this sign, or this word in any case. */
  take(expected: string): boolean {
    const next = this.#tokens[this.#next];
    if (next === undefined || next.kind === 'text' || next.text.toLowerCase() !== expected) return false;
    this.#next += 1;
    return true;
  }

  expect(sign: string): void {
    if (!this.take(sign)) throw new Error(`${sign} is expected ${this.#where()}`);
  }

  expectWords(...words: readonly string[]): void {
    for (const word of words) this.expect(word);
  }

  /** Undefined when the next token is none. */
  text(): string | undefined {
    const next = this.#tokens[this.#next];
    if (next?.kind !== 'text') return undefined;
    this.#next += 1;
    return next.text;
  }

  word(): string {
    return this.#take('word');
  }

  number(): number {
    const number = Number(this.#take('number'));
    if (!Number.isSafeInteger(number)) throw new Error(`a number is too large ${this.#where()}`);
    return number;
  }

  /** Behind an opening bracket: reading is recursive, and a query must not use the stack up. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new Error('its brackets are nested too deeply');
  }

  leave(): void {
    this.#depth -= 1;
    this.expect(')');
  }

  expectEnd(): void {
    if (this.#next < this.#tokens.length) throw new Error(`nothing is expected ${this.#where()}`);
  }

  #take(kind: Token['kind']): string {
    const next = this.#tokens[this.#next];
    if (next?.kind !== kind) throw new Error(`a ${kind} is expected ${this.#where()}`);
    this.#next += 1;
    return next.text;
  }

  #where(): string {
    const next = this.#tokens[this.#next];
    return next === undefined ? 'at its end' : `before "${next.text.slice(0, 40)}"`;
  }
}

function tokensOf(query: string): Token[] {
  const found: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < query.length) {
    const at = token.lastIndex;
    const match = token.exec(query);
    if (match === null) throw new Error(`"${query.slice(at, at + 20)}" cannot be read`);
    const [, single, double, number, word, sign] = match;
    const text = single ?? double;
    if (text !== undefined) found.push({ kind: 'text', text });
    else if (number !== undefined) found.push({ kind: 'number', text: number });
    else if (word !== undefined) found.push({ kind: 'word', text: word });
    else if (sign !== undefined) found.push({ kind: 'sign', text: sign });
  }
  return found;
}
