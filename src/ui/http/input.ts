/**
 * Checks what an operation takes, the query string and the body, against its shape. Bodies are bounded in bytes and in depth
 * before they are parsed, and everybody's smaller than those of callers who have said who they are.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from 'hono';
import { validator } from 'hono-openapi';
import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { tell } from '../../model/said.ts';
import { cut, wellFormedJson } from '../../model/text.ts';
import type { Env } from './env.ts';
import { codedIssue, toldError } from './input-error.ts';
import { type InputError, Problem } from './problem.ts';

// Messages in words; without it every one of them is "Invalid input".
z.config(en());

/** What anybody may send, before it is known who that is. */
const MAX_PUBLIC_BODY = 4 * 1024;
const MAX_BODY = 1024 * 1024;
/** Arrays and objects inside each other; what parses deeper ones may run out of stack. */
const MAX_DEPTH = 64;
/** The largest honest body, a list of records in quarantine, has 1 000. */
const MAX_VALUES = 10_000;
const MAX_ERRORS = 20;
const MAX_DETAIL = 300;

/** Checks the query string. */
export function query<T extends StandardSchemaV1, P extends string>(schema: T) {
  return validator('query', schema, (result, _: Context<Env, P>) => {
    if (result.success) return;
    throw invalidQuery(
      result.error.slice(0, MAX_ERRORS).map((issue) => ({
        parameter: brief(String(keyOf(issue.path?.[0] ?? ''))),
        detail: brief(issue.message),
        ...codedIssue(issue),
      })),
    );
  });
}

export interface BodyLimits {
  readonly bytes: number;
  readonly values: number;
}

/** Takes and checks a body of JSON. */
export function jsonBody<T extends StandardSchemaV1, P extends string>(
  schema: T,
  limits: BodyLimits = { bytes: MAX_BODY, values: MAX_VALUES },
) {
  const check = validator('json', schema, (result, _: Context<Env, P>) => {
    if (result.success) return;
    throw invalidBody(
      result.error.slice(0, MAX_ERRORS).map((issue) => ({
        pointer: brief(pointer((issue.path ?? []).map(keyOf))),
        detail: brief(issue.message),
        ...codedIssue(issue),
      })),
    );
  });
  const take: typeof check = async (c, next) => {
    const { headers, url, method } = c.req.raw;
    const [type = ''] = (headers.get('content-type') ?? '').split(';');
    if (type.trim().toLowerCase() !== 'application/json') throw mediaType();
    const body = await takeBody(c, c.var.rule.who === 'public' ? MAX_PUBLIC_BODY : limits.bytes);
    const { depth, values } = measure(body);
    if (depth > MAX_DEPTH) throw malformed(`Arrays and objects may be ${MAX_DEPTH} deep.`);
    if (values > limits.values) {
      const told = tell('given.values', { limit: limits.values, number: values });
      throw invalidBody([{ pointer: '', ...toldError(told) }]);
    }
    refuseProto(body);
    c.req.raw = new Request(url, { method, headers, body: withWholeText(body) });
    return check(c, next);
  };
  return Object.assign(take, check);
}

/** A member called `__proto__` would be left out of a table without a word. */
function refuseProto(body: Uint8Array<ArrayBuffer>): void {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.includes('__proto__') && !bytes.includes('\\u')) return;
  let found = false;
  try {
    JSON.parse(bytes.toString('utf8'), (key, value: unknown) => {
      found ||= key === '__proto__';
      return value;
    });
  } catch {
    return;
  }
  if (found)
    throw invalidBody([{ pointer: '', detail: 'nothing in it may be called __proto__', code: 'proto' }]);
}

/** JSON whose names and texts are well-formed: everything behind this may store them. */
function withWholeText(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.includes('\\u') ? wellFormedJson(bytes.toString('utf8')) : body;
}

/** The body, of at most `maxBytes`. */
export async function takeBody(c: Context<Env>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const body = await c.var.bodies.read(c.req.raw, maxBytes);
  c.var.spend(body.length);
  return body;
}

export function malformed(detail: string): Problem {
  return new Problem({ code: 'malformed-json', title: 'Malformed JSON', status: 400, detail });
}

/** A body that is JSON but not what was asked for. */
export function invalidBody(errors: readonly InputError[]): Problem {
  return new Problem({
    code: 'invalid-body',
    title: 'The body has mistakes',
    status: 422,
    detail: 'See errors for each place.',
    errors,
  });
}

/** A query string that is not understood. */
export function invalidQuery(errors: readonly InputError[]): Problem {
  return new Problem({
    code: 'invalid-query',
    title: 'A query parameter is wrong',
    status: 400,
    detail: 'See errors for each parameter.',
    errors,
  });
}

/** For a cursor that is of no page of ours. */
export function notOurCursor(why = 'is not one this API gave out'): Problem {
  return invalidQuery([{ parameter: 'cursor', detail: `${why}; start again without it`, code: 'format' }]);
}

/** The number that a cursor is where it is given in clear; undefined where none is given. */
export function numberOfCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(cursor)) throw notOurCursor();
  return Number(cursor);
}

function mediaType(): Problem {
  return new Problem({
    code: 'media-type',
    title: 'Unsupported media type',
    status: 415,
    detail: 'Send the body as application/json.',
  });
}

/** A message may repeat what was sent. */
function brief(message: string): string {
  return message.length <= MAX_DETAIL ? message : `${cut(message, MAX_DETAIL)}…`;
}

function keyOf(part: PropertyKey | StandardSchemaV1.PathSegment): PropertyKey {
  return typeof part === 'object' ? part.key : part;
}

/** RFC 6901: ['a/b', 0] -> '/a~1b/0'. */
function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** The closing ones follow two places behind. */
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** How deep JSON text is nested, at most one more than may be, and how many values it holds, without parsing it. */
function measure(text: Uint8Array): { readonly depth: number; readonly values: number } {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let at = 0; at < text.length && depth <= MAX_DEPTH; at++) {
    const byte = text[at] ?? 0;
    if (byte === QUOTE) inString = !inString;
    else if (inString) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === COMMA) values++;
    else if (byte === BRACKET || byte === BRACE) depth++;
    else if (byte === BRACKET + 2 || byte === BRACE + 2) depth--;
  }
  return { depth, values };
}
