/** What the check of an input found, with a code and values beside its English, so that the pages can say it. Pure. */
import type { InputCode, ProblemValues } from '../../model/problem-codes.ts';
import { isSaid, type Told } from '../../model/said.ts';
import type { InputError } from './problem.ts';

/** Of an issue of zod what its code leaves beside it. */
interface Issue {
  readonly code?: unknown;
  readonly expected?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly origin?: unknown;
  readonly pattern?: unknown;
  readonly keys?: unknown;
  readonly values?: unknown;
  readonly params?: unknown;
}

type Coded = Pick<InputError, 'code' | 'values' | 'said'>;

export function codedIssue(issue: object): Coded {
  const { code, expected, minimum, maximum, origin, pattern, keys, values, params }: Issue = issue;
  switch (code) {
    case 'invalid_type':
      return coded('type', { expected: text(expected) });
    case 'too_small':
      return coded(SMALL[text(origin)] ?? 'smaller', { limit: limitOf(minimum) });
    case 'too_big':
      return coded(BIG[text(origin)] ?? 'larger', { limit: limitOf(maximum) });
    case 'invalid_format': {
      const [, digits] = /^\/?\^\[0-9a-f\]\{(\d+)\}\$/.exec(text(pattern)) ?? [];
      return digits === undefined ? coded('format') : coded('hex', { digits: Number(digits) });
    }
    case 'unrecognized_keys':
      return coded('unknown-keys', { keys: listed(keys) });
    case 'invalid_value':
      return coded('choice', { options: listed(values) });
    default: {
      const { said }: { said?: unknown } = typeof params === 'object' && params !== null ? params : {};
      return isSaid(said) ? { ...coded('told'), said } : coded('format');
    }
  }
}

/** What is wrong at one place, told by keys: it reads on from the name of the place, or is a sentence of its own. */
export function toldError({ detail, said }: Told, code: 'told' | 'sentence' = 'told') {
  return { detail, code, values: { detail }, said };
}

/** There is no codec of this name. */
export function oneOfCodecs(codecs: readonly string[]) {
  const options = codecs.join(', ');
  return { detail: `must be one of ${options}`, code: 'codec' as const, values: { options } };
}

/** What is wrong with it says itself what it is about. */
export function placedError({ pointer, ...told }: { readonly pointer: string } & Told) {
  return { pointer, ...toldError(told, 'sentence') };
}

const SMALL: Readonly<Record<string, InputCode>> = { string: 'shorter', array: 'fewer', set: 'fewer' };
const BIG: Readonly<Record<string, InputCode>> = { string: 'longer', array: 'more', set: 'more' };
const MAX_LISTED = 20;

function coded(code: InputCode, values?: ProblemValues): Coded {
  return values === undefined ? { code } : { code, values };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 200) : '';
}

function limitOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}

function listed(value: unknown): string {
  return Array.isArray(value) ? text(value.slice(0, MAX_LISTED).map(String).join(', ')) : '';
}
