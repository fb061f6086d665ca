/**
 * Gathers the replies of one Redis connection and hands each on only when it is whole and within bounds: the library
 * behind would gather a reply of any length, make room for any count an array announces, and end the process at a reply
 * that nobody asked for. Pure: bytes in, whole replies out. Protocol: RESP2.
 */

import { type SaidKey, type SaidValues, tell } from '../../model/said.ts';
import { CentreFault, faultOfReply } from './fault.ts';

/** A reply holds at most two entries of the stream, or the register: one line an epoch. */
export const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** Elements of all arrays of one reply together. */
export const MAX_ELEMENTS = 20_000;
export const MAX_DEPTH = 8;
/** Of a status or an error, and of the digits of a number or a length. */
export const MAX_LINE_BYTES = 8 * 1024;
const MAX_DIGITS = 21;
const CR = 13;
const LF = 10;

export interface ReplyLimit {
  /** A command is about to be sent: one more reply may come. */
  expect(): void;
  /** The replies that are whole now, if any; throws a CentreFault at what no Redis answers to us. */
  take(chunk: Buffer): Buffer | undefined;
}

interface LimitState {
  /** Replies owed to us. */
  expected: number;
  /** What has come of the reply at hand, in the first `length` bytes. */
  held: Buffer;
  length: number;
  /** How far `held` has been looked at. */
  at: number;
  /** Elements still to come of each array we are in, outermost first. */
  readonly open: number[];
  elements: number;
}

export function createReplyLimit(): ReplyLimit {
  const state: LimitState = { expected: 0, held: Buffer.alloc(0), length: 0, at: 0, open: [], elements: 0 };
  return {
    expect() {
      state.expected += 1;
    },
    take: (chunk) => take(state, chunk),
  };
}

function take(state: LimitState, chunk: Buffer): Buffer | undefined {
  hold(state, chunk);
  let whole = 0;
  while (state.at < state.length) {
    const isFirst = state.open.length === 0;
    if (isFirst && state.expected === 0) refuseUnasked(state);
    if (!readOne(state)) break;
    if (state.open.length > 0) continue;
    state.expected -= 1;
    state.elements = 0;
    whole = state.at;
  }
  if (state.length - whole > MAX_REPLY_BYTES)
    throw tooLarge('centre.largeReply.whole', { bytes: MAX_REPLY_BYTES });
  return whole === 0 ? undefined : release(state, whole);
}

/** Pieces are copied together as they come: a reply in single bytes must not cost an object for each of them. */
function hold(state: LimitState, chunk: Buffer): void {
  if (state.length === 0) {
    state.held = chunk;
    state.length = chunk.length;
    return;
  }
  const length = state.length + chunk.length;
  if (length > state.held.length) {
    const larger = Buffer.alloc(Math.max(length, Math.min(2 * state.held.length, MAX_REPLY_BYTES)));
    state.held.copy(larger, 0, 0, state.length);
    state.held = larger;
  }
  chunk.copy(state.held, state.length);
  state.length = length;
}

/** Gives the first `whole` bytes away. What is behind them is kept in a buffer of its own. */
function release(state: LimitState, whole: number): Buffer {
  const replies = state.held.subarray(0, whole);
  state.held = Buffer.from(state.held.subarray(whole, state.length));
  state.length -= whole;
  state.at -= whole;
  return replies;
}

/** Reads one value, of an array its head. False when its end has not come. */
function readOne(state: LimitState): boolean {
  const line = readLine(state);
  if (line === undefined) return false;
  const { type, text, end } = line;
  if (type === '$' && text !== '-1') {
    const bodyEnd = end + lengthOf(text);
    if (bodyEnd - end > MAX_REPLY_BYTES) throw tooLarge('centre.largeReply', { bytes: text });
    if (state.length < bodyEnd + 2) return false;
    if (state.held[bodyEnd] !== CR || state.held[bodyEnd + 1] !== LF) throw malformed();
    state.at = bodyEnd + 2;
  } else {
    state.at = end;
  }
  if (type === '*' && text !== '-1') openArray(state, lengthOf(text));
  else closeOne(state);
  return true;
}

function openArray(state: LimitState, count: number): void {
  state.elements += count;
  if (state.elements > MAX_ELEMENTS)
    throw tooLarge('centre.largeReply.elements', { elements: state.elements });
  if (count === 0) return closeOne(state);
  if (state.open.length === MAX_DEPTH) throw tooLarge('centre.largeReply.deep', { depth: MAX_DEPTH });
  state.open.push(count);
}

/** A value is complete, and with it perhaps the arrays it is the last one of. */
function closeOne({ open }: LimitState): void {
  while (open.length > 0) {
    const left = (open.pop() ?? 0) - 1;
    if (left > 0) {
      open.push(left);
      return;
    }
  }
}

interface Line {
  readonly type: string;
  readonly text: string;
  /** Where the next line, or the body, begins. */
  readonly end: number;
}

/** The line that begins a value; undefined when its end has not come. */
function readLine({ held, length, at }: LimitState): Line | undefined {
  const type = String.fromCharCode(held[at] ?? 0);
  if (!'+-:$*'.includes(type)) throw malformed();
  const isText = type === '+' || type === '-';
  const most = isText ? MAX_LINE_BYTES : MAX_DIGITS;
  const seen = held.subarray(at + 1, Math.min(length, at + 1 + most + 1));
  const size = seen.indexOf(CR);
  if (size < 0 && seen.length > most)
    throw isText ? tooLarge('centre.largeReply.line', { bytes: most }) : malformed();
  const end = at + 1 + size + 2;
  if (size < 0 || length < end) return undefined;
  const text = seen.toString('latin1', 0, size);
  if (held[end - 1] !== LF || (type === ':' && !/^[+-]?\d+$/.test(text))) throw malformed();
  return { type, text, end };
}

function lengthOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw malformed();
}

/** Redis itself says one thing unasked, before it hangs up: why it does not let us in. */
function refuseUnasked(state: LimitState): void {
  const line = readLine(state);
  if (line?.type === '-') throw faultOfReply(line.text);
  if (line === undefined && state.held[state.at] === '-'.charCodeAt(0)) return;
  throw new CentreFault('REPLY', tell('centre.unasked'), 'slow');
}

function malformed(): CentreFault {
  return new CentreFault('REPLY', tell('centre.noRedis'), 'slow');
}

function tooLarge(key: SaidKey, values: SaidValues): CentreFault {
  return new CentreFault('REPLY', tell(key, values, 'centre.largeReply.todo'), 'slow');
}
