/** An expression's text as tokens, bounded in length and number. What cannot be one is a fault with its place. */
import { ownOf } from '../../model/own.ts';
import { type Said, type SaidKey, type SaidValues, tell } from '../../model/said.ts';

export interface Token {
  readonly kind: 'number' | 'duration' | 'text' | 'name' | 'sign';
  /** As it stands; of a quoted one, what is inside. */
  readonly text: string;
  /** Of a number; of a duration, milliseconds. */
  readonly value: number;
  /** Of its first character, from 0. */
  readonly at: number;
}

export interface ExpressionFault {
  readonly at: number;
  readonly message: string;
  /** The message, for whoever says it in another language. */
  readonly said: readonly Said[];
}

export function faultAt(at: number, key: SaidKey, values: SaidValues = {}): ExpressionFault {
  const { detail, said } = tell(key, values);
  return { at, message: detail, said };
}

export const MAX_LENGTH = 1_000;
export const MAX_TOKENS = 200;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SPACE = /\s+/y;
const NUMBER = /\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,3})?/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const QUOTED = /'([^']*)'|"([^"]*)"|`([^`]*)`/y;
const SIGN = /<=|>=|==|!=|[-+*/().,<>=]/y;

/** The tokens of `text`, or what is wrong with it. */
export function tokensOf(text: string): readonly Token[] | ExpressionFault {
  if (text.length > MAX_LENGTH) return faultAt(MAX_LENGTH, 'rule.long', { limit: MAX_LENGTH });
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space) at += space[0].length;
    if (at >= text.length) break;
    const token = tokenAt(text, at);
    if (!token) return faultAt(at, 'rule.notHere', { text: [...text.slice(at)][0] ?? '' });
    if (tokens.length >= MAX_TOKENS) return faultAt(at, 'rule.parts', { limit: MAX_TOKENS });
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(text: string, at: number): { readonly token: Token; readonly end: number } | undefined {
  const number = match(NUMBER, text, at);
  if (number) return numberAt(text, at, number[0]);
  const name = match(NAME, text, at);
  if (name) return made('name', name[0], at, name[0].length);
  const quoted = match(QUOTED, text, at);
  if (quoted) {
    const [whole, single, double, ticked] = quoted;
    // Backticks are around names of fields that have other characters.
    if (ticked !== undefined) return made('name', ticked, at, whole.length);
    return made('text', single ?? double ?? '', at, whole.length);
  }
  const sign = match(SIGN, text, at);
  return sign ? made('sign', sign[0] === '==' ? '=' : sign[0], at, sign[0].length) : undefined;
}

function numberAt(text: string, at: number, digits: string) {
  const unit = match(NAME, text, at + digits.length);
  if (!unit) return made('number', digits, at, digits.length, Number(digits));
  const ms = ownOf(UNIT_MS, unit[0]);
  if (ms === undefined) return undefined;
  return made('duration', digits + unit[0], at, digits.length + unit[0].length, Number(digits) * ms);
}

function made(kind: Token['kind'], text: string, at: number, length: number, value = 0) {
  return { token: { kind, text, value, at }, end: at + length };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
