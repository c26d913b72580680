/** Markup that is safe to send. Only `html` makes it, so that no text gets in unescaped. */
export class Html {
  readonly #markup: string;
  private constructor(markup: string) {
    this.#markup = markup;
  }
  /** For literals of this room only. */
  static fromTemplate(strings: readonly string[], values: readonly Insertable[]): Html {
    return new Html(strings.map((text, index) => text + render(values[index])).join(''));
  }
  toString(): string {
    return this.#markup;
  }
}

export type Insertable = string | number | Html | readonly Html[] | false | undefined;

/** Markup in which every inserted text is escaped, for elements and for quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...values: readonly Insertable[]): Html {
  return Html.fromTemplate(strings, values);
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function render(value: Insertable): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(render).join('');
  return String(value).replace(/[&<>"'`]/g, (character) => escapes[character] ?? '');
}

const maxNameLength = 200;

/**
 * A name that somebody chose, as it may stand in a sentence of ours: no control characters, none that turn the reading
 * direction around (a client could pass for another that way), and not without end.
 */
export function plainName(text: string): string {
  const plain = text
    .replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...plain];
  return characters.length > maxNameLength ? `${characters.slice(0, maxNameLength).join('')}…` : plain;
}
