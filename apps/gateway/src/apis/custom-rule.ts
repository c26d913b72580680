import type { CompiledLimit, CompiledRule, RuleAttribute, RuleCondition, RuleTerm } from './compiled-limits.js';
import { TokenReader } from './custom-rule-tokens.js';

type ParsedRule = Pick<CompiledRule, 'isEligible' | 'key' | 'limit'>;

/**
 * Reads the form of Siddhi query that WSO2 documents for custom rules, and nothing else: which calls are eligible, by
 * what they are counted, how many in which window. Throws an Error with the reason for everything it does not know,
 * because a rule that is half understood would limit the wrong calls.
 */
export function parseCustomRule(query: string, keyTemplate: string): ParsedRule {
  checkTemplate(keyTemplate);
  const tokens = new TokenReader(query);
  const selected = parseSelection(tokens);
  tokens.expectWords('insert', 'into');
  const stream = tokens.word();
  tokens.expect(';');
  const limit = parseLimit(tokens, stream);
  tokens.expectEnd();
  return { ...selected, limit };
}

const attributes = new Set<string>([
  ...['apiContext', 'apiVersion', 'apiName', 'apiTenant', 'appId', 'appTenant', 'userId', 'resourceKey'],
]);

/** WSO2 looks a call up by its key template; here the key of the query decides, which has to be the same thing. */
function checkTemplate(template: string): void {
  for (const [, name = ''] of template.matchAll(/\$(\w+)/g)) {
    if (!attributes.has(name)) throw new Error(`its key template names $${name}, which is not known here`);
  }
  if (!template.includes('$')) throw new Error('its key template names no attribute');
}

/** `FROM RequestStream SELECT …, (…) AS isEligible, … AS throttleKey` */
function parseSelection(tokens: TokenReader): Pick<ParsedRule, 'isEligible' | 'key'> {
  tokens.expectWords('from', 'requeststream', 'select');
  let isEligible: RuleCondition | undefined;
  let key: readonly RuleTerm[] | undefined;
  do {
    const value = parseOr(tokens);
    const name = tokens.take('as') ? tokens.word() : undefined;
    if (name === 'isEligible' && 'operator' in value) isEligible = value;
    else if (name === 'throttleKey' && 'terms' in value) key = value.terms;
    else if (name !== undefined || !('terms' in value)) throw new Error('it selects something that is not known here');
  } while (tokens.take(','));
  if (isEligible === undefined) throw new Error('it does not say which calls are eligible (isEligible)');
  if (key === undefined) throw new Error('it does not say what calls are counted by (throttleKey)');
  return { isEligible, key };
}

type Value = { readonly terms: readonly RuleTerm[] };

function parseOr(tokens: TokenReader): RuleCondition | Value {
  let left = parseAnd(tokens);
  while (tokens.take('or')) left = { operator: 'or', left: condition(left), right: condition(parseAnd(tokens)) };
  return left;
}

function parseAnd(tokens: TokenReader): RuleCondition | Value {
  let left = parseComparison(tokens);
  while (tokens.take('and'))
    left = { operator: 'and', left: condition(left), right: condition(parseComparison(tokens)) };
  return left;
}

function parseComparison(tokens: TokenReader): RuleCondition | Value {
  if (tokens.take('not')) return { operator: 'not', of: condition(parseComparison(tokens)) };
  if (tokens.take('true')) return { operator: 'always' };
  const left = parsePrimary(tokens);
  const operator = tokens.take('==') ? '==' : tokens.take('!=') ? '!=' : undefined;
  if (operator === undefined) return left;
  return { operator, left: single(left), right: single(parsePrimary(tokens)) };
}

function parsePrimary(tokens: TokenReader): RuleCondition | Value {
  if (tokens.take('(')) {
    tokens.enter();
    const inner = parseOr(tokens);
    tokens.leave();
    return inner;
  }
  const text = tokens.text();
  if (text !== undefined) return { terms: [{ text }] };
  const word = tokens.word();
  if (word === 'str') return parseConcat(tokens);
  if (!attributes.has(word)) throw new Error(`${word} is not known here`);
  return { terms: [{ attribute: word as RuleAttribute }] };
}

/** `str:concat(a, 'b')` */
function parseConcat(tokens: TokenReader): Value {
  tokens.expect(':');
  tokens.expectWords('concat');
  tokens.expect('(');
  const terms: RuleTerm[] = [];
  do terms.push(...value(parsePrimary(tokens)).terms);
  while (tokens.take(','));
  tokens.expect(')');
  return { terms: terms.filter((term) => !('text' in term) || term.text !== '') };
}

function condition(parsed: RuleCondition | Value): RuleCondition {
  if ('operator' in parsed) return parsed;
  throw new Error('it uses a value where a condition belongs');
}

function value(parsed: RuleCondition | Value): Value {
  if ('terms' in parsed) return parsed;
  throw new Error('it uses a condition where a value belongs');
}

function single(parsed: RuleCondition | Value): RuleTerm {
  const { terms } = value(parsed);
  const [term = { text: '' }] = terms;
  if (terms.length > 1) throw new Error('it compares values put together');
  return term;
}

/** `FROM …[isEligible==true]#throttler:timeBatch(1 min) SELECT throttleKey, (count(…) >= N) as isThrottled, …` */
function parseLimit(tokens: TokenReader, stream: string): CompiledLimit {
  tokens.expectWords('from', stream.toLowerCase());
  tokens.expect('[');
  tokens.expectWords('iseligible');
  tokens.expect('==');
  tokens.expectWords('true');
  tokens.expect(']');
  tokens.expect('#');
  tokens.expectWords('throttler');
  tokens.expect(':');
  tokens.expectWords('timebatch');
  tokens.expect('(');
  const windowMillis = parseWindow(tokens);
  tokens.expect(')');
  tokens.expectWords('select', 'throttlekey');
  tokens.expect(',');
  const amount = parseCount(tokens);
  tokens.expectWords('as', 'isthrottled');
  while (tokens.take(',')) tokens.expectWords('expirytimestamp');
  tokens.expectWords('group', 'by', 'throttlekey', 'insert', 'all', 'events', 'into', 'resultstream');
  tokens.take(';');
  return { unit: 'requests', amount, windowMillis };
}

const units: ReadonlyMap<string, number> = new Map([
  ...['sec', 'second', 'seconds'].map((word) => [word, 1_000] as const),
  ...['min', 'minute', 'minutes'].map((word) => [word, 60_000] as const),
  ...['hour', 'hours'].map((word) => [word, 3_600_000] as const),
  ...['day', 'days'].map((word) => [word, 86_400_000] as const),
  ...['week', 'weeks'].map((word) => [word, 7 * 86_400_000] as const),
  ...['month', 'months'].map((word) => [word, 30 * 86_400_000] as const),
]);

/** WSO2's second argument says where its first window begins; windows here begin with the clock's. */
function parseWindow(tokens: TokenReader): number {
  const count = tokens.number();
  const word = tokens.word().toLowerCase();
  const unit = units.get(word);
  if (unit === undefined || count < 1) throw new Error(`${count} ${word} is no window`);
  if (tokens.take(',')) tokens.number();
  return count * unit;
}

/** `(count(x) >= N)`: N calls pass. `> N`: one more. */
function parseCount(tokens: TokenReader): number {
  const isWrapped = tokens.take('(');
  tokens.expectWords('count');
  tokens.expect('(');
  tokens.word();
  tokens.expect(')');
  const amount = tokens.take('>=') ? 0 : tokens.take('>') ? 1 : undefined;
  if (amount === undefined) throw new Error('its count is compared with neither >= nor >');
  const count = tokens.number();
  if (isWrapped) tokens.expect(')');
  return count + amount;
}
