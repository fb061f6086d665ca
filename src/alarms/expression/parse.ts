/**
 * The small language of conditions over fields of several devices: arithmetic, comparison, and/or/not, and last, avg, min, max and
 * delta over a window. Parsed into a tree that is walked, never evaluated as code; bounded in length, parts and depth. Never throws.
 */
import type { SaidKey, SaidValues } from '../../model/said.ts';
import { type ExpressionFault, faultAt, type Token, tokensOf } from './tokens.ts';

/** A field of a device; `device` is a name the rule gives to one, '' for the device itself. */
export interface FieldRef {
  readonly device: string;
  readonly field: string;
}

export type WindowFunction = 'avg' | 'min' | 'max' | 'delta';
export type Operator = '+' | '-' | '*' | '/' | '<' | '<=' | '>' | '>=' | '=' | '!=' | 'and' | 'or';

export type Node =
  | { readonly kind: 'value'; readonly value: number | string | boolean }
  | { readonly kind: 'field'; readonly ref: FieldRef; readonly at: number }
  | {
      readonly kind: 'window';
      readonly name: WindowFunction;
      readonly ref: FieldRef;
      readonly windowMs: number;
      readonly at: number;
    }
  | { readonly kind: 'unary'; readonly name: 'not' | '-' | 'abs'; readonly of: Node; readonly at: number }
  | {
      readonly kind: 'binary';
      readonly name: Operator;
      readonly left: Node;
      readonly right: Node;
      readonly at: number;
    };

export const MAX_DEPTH = 32;
export const MAX_WINDOW_MS = 86_400_000;
const MIN_WINDOW_MS = 1_000;

const WINDOWS: ReadonlySet<string> = new Set(['avg', 'min', 'max', 'delta'] satisfies WindowFunction[]);
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false']);
/** The weakest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['<', '<=', '>', '>=', '=', '!='],
  ['+', '-'],
  ['*', '/'],
];
const COMPARING = 2;

/** Carried by an exception from where it is found to where it is returned; never leaves this file. */
class Fault extends Error {
  readonly found: ExpressionFault;
  constructor(at: number, key: SaidKey, values: SaidValues = {}) {
    super(key);
    this.found = faultAt(at, key, values);
  }
}

interface Parser {
  readonly tokens: readonly Token[];
  readonly end: number;
  next: number;
  depth: number;
}

/** The tree of `text`, or what is wrong with it and where. */
export function parseExpression(text: string): Node | ExpressionFault {
  const tokens = tokensOf(text);
  if ('message' in tokens) return tokens;
  const parser: Parser = { tokens, end: text.length, next: 0, depth: 0 };
  try {
    const node = level(parser, 0);
    const rest = parser.tokens[parser.next];
    if (rest) throw new Fault(rest.at, 'rule.notHere', { text: rest.text });
    return node;
  } catch (error) {
    if (error instanceof Fault) return error.found;
    throw error;
  }
}

function level(parser: Parser, at: number): Node {
  const names = LEVELS[at];
  if (!names) return unary(parser);
  let left = at === 1 ? negated(parser) : level(parser, at + 1);
  for (;;) {
    const token = parser.tokens[parser.next];
    if (!token || token.kind === 'text' || !names.includes(token.text)) return left;
    parser.next += 1;
    const right = at === 1 ? negated(parser) : level(parser, at + 1);
    left = { kind: 'binary', name: token.text as Operator, left, right, at: token.at };
    // 1 < x < 3 says something else than it seems to.
    if (at === COMPARING && names.includes(parser.tokens[parser.next]?.text ?? ''))
      throw new Fault(parser.tokens[parser.next]?.at ?? 0, 'rule.twoOnly');
  }
}

function negated(parser: Parser): Node {
  const token = parser.tokens[parser.next];
  if (token?.kind !== 'name' || token.text !== 'not') return level(parser, COMPARING);
  parser.next += 1;
  return deeper(parser, token.at, () => ({ kind: 'unary', name: 'not', of: negated(parser), at: token.at }));
}

function unary(parser: Parser): Node {
  const token = take(parser);
  if (token.kind === 'number') return { kind: 'value', value: token.value };
  if (token.kind === 'text') return { kind: 'value', value: token.text };
  if (token.kind === 'duration') throw new Fault(token.at, 'rule.durationOnly');
  if (token.text === '-' && token.kind === 'sign')
    return deeper(parser, token.at, () => ({ kind: 'unary', name: '-', of: unary(parser), at: token.at }));
  if (token.text === '(' && token.kind === 'sign')
    return deeper(parser, token.at, () => {
      const inside = level(parser, 0);
      expect(parser, ')');
      return inside;
    });
  if (token.kind === 'sign') throw new Fault(token.at, 'rule.notHere', { text: token.text });
  return named(parser, token);
}

function named(parser: Parser, token: Token): Node {
  const { text, at } = token;
  if (text === 'true' || text === 'false') return { kind: 'value', value: text === 'true' };
  if (WORDS.has(text)) throw new Fault(at, 'rule.notHere', { text });
  if (parser.tokens[parser.next]?.text === '(') return call(parser, token);
  return { kind: 'field', ref: refOf(parser, token), at };
}

function call(parser: Parser, { text, at }: Token): Node {
  parser.next += 1;
  return deeper(parser, at, () => {
    if (text === 'abs') {
      const of = level(parser, 0);
      expect(parser, ')');
      return { kind: 'unary', name: 'abs', of, at };
    }
    if (text !== 'last' && !WINDOWS.has(text)) throw new Fault(at, 'rule.noFunction', { name: text });
    const ref = refOf(parser, nameToken(parser));
    if (text === 'last') {
      expect(parser, ')');
      return { kind: 'field', ref, at };
    }
    expect(parser, ',');
    const windowMs = windowOf(take(parser));
    expect(parser, ')');
    return { kind: 'window', name: text as WindowFunction, ref, windowMs, at };
  });
}

function windowOf({ kind, value, at }: Token): number {
  if (kind !== 'duration') throw new Fault(at, 'rule.wantedDuration');
  if (value < MIN_WINDOW_MS || value > MAX_WINDOW_MS) throw new Fault(at, 'rule.window');
  return value;
}

function refOf(parser: Parser, { text }: Token): FieldRef {
  if (parser.tokens[parser.next]?.text !== '.') return { device: '', field: text };
  parser.next += 1;
  return { device: text, field: nameToken(parser).text };
}

function nameToken(parser: Parser): Token {
  const token = take(parser);
  if (token.kind !== 'name') throw new Fault(token.at, 'rule.wantedField');
  return token;
}

function take(parser: Parser): Token {
  const token = parser.tokens[parser.next];
  if (!token) throw new Fault(parser.end, 'rule.missingEnd');
  parser.next += 1;
  return token;
}

function expect(parser: Parser, sign: string): void {
  const token = take(parser);
  if (token.text !== sign || token.kind !== 'sign') throw new Fault(token.at, 'rule.wanted', { sign });
}

function deeper(parser: Parser, at: number, parse: () => Node): Node {
  parser.depth += 1;
  if (parser.depth > MAX_DEPTH) throw new Fault(at, 'rule.deep', { limit: MAX_DEPTH });
  const node = parse();
  parser.depth -= 1;
  return node;
}

/** Every field it asks for, and over which longest window; 0 for the last value. */
export function fieldsOf(
  node: Node,
): readonly { readonly ref: FieldRef; readonly windowMs: number; readonly at: number }[] {
  switch (node.kind) {
    case 'value':
      return [];
    case 'field':
      return [{ ref: node.ref, windowMs: 0, at: node.at }];
    case 'window':
      return [{ ref: node.ref, windowMs: node.windowMs, at: node.at }];
    case 'unary':
      return fieldsOf(node.of);
    case 'binary':
      return [...fieldsOf(node.left), ...fieldsOf(node.right)];
  }
}
