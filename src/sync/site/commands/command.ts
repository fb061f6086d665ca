/**
 * A command as the centre writes it into the stream, `v`, `id`, `kind`, `expires` and `body`, read as what strangers wrote: bounded,
 * and a refusal with a reason for whatever is none.
 */
import * as z from 'zod/mini';
import { cut, oneLine } from '../../../model/text.ts';

/** A codec's script has 262 144 characters at most; as JSON it may be twice that. */
const MAX_BODY_BYTES = 600_000;
const MAX_DEPTH = 32;
/** As much of a stranger's word as is repeated. */
const MAX_TEXT = 64;
const MAX_FIELDS = 16;

/** An entry as Redis gives it: names and values in turn. */
export interface CommandEntry {
  /** Of the stream. */
  readonly entryId: string;
  readonly fields: readonly string[];
}

export interface Command {
  readonly id: string;
  readonly kind: string;
  /** Epoch milliseconds. */
  readonly expiresMs?: number;
  readonly body: unknown;
}

export interface RefusedCommand {
  readonly id: string;
  readonly kind: string;
  readonly refused: { readonly code: 'malformed' | 'version' | 'too_large'; readonly reason: string };
}

const fieldsSchema = z.object({
  id: z.string().check(z.regex(/^[\w.:-]{1,64}$/, 'id must be 1 to 64 letters, digits, and . _ : -')),
  kind: z.string().check(z.regex(/^[a-z][a-z-]{0,31}$/, 'kind must be a word in lower case')),
  expires: z.optional(z.string().check(z.regex(/^\d{1,15}$/, 'expires must be epoch milliseconds'))),
  body: z.optional(z.string()),
});

/** The command of an entry, or why it is none; then `id` is that of the entry where it has none of its own. */
export function readCommand({ entryId, fields }: CommandEntry): Command | RefusedCommand {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < Math.min(fields.length, 2 * MAX_FIELDS); at += 2)
    found.set(fields[at] ?? '', fields[at + 1] ?? '');
  const shown = (name: string, otherwise: string) => {
    const text = oneLine(cut(found.get(name) ?? '', MAX_TEXT));
    return text === '' ? otherwise : text;
  };
  const refuse = (code: RefusedCommand['refused']['code'], reason: string): RefusedCommand => ({
    id: shown('id', entryId),
    kind: shown('kind', 'unknown'),
    refused: { code, reason },
  });
  const version = found.get('v');
  if (version !== '1') return refuse('version', 'this box knows commands of version 1 only');
  const text = found.get('body') ?? '{}';
  if (Buffer.byteLength(text) > MAX_BODY_BYTES)
    return refuse('too_large', `the body of a command has ${MAX_BODY_BYTES} bytes at most`);
  const parsed = fieldsSchema.safeParse(Object.fromEntries(found));
  if (!parsed.success) return refuse('malformed', parsed.error.issues[0]?.message ?? 'not a command');
  const body = parseBody(text);
  if (body === undefined)
    return refuse('malformed', `the body is no JSON object, or deeper than ${MAX_DEPTH}`);
  const { id, kind, expires } = parsed.data;
  return { id, kind, body, ...(expires === undefined ? {} : { expiresMs: Number(expires) }) };
}

function parseBody(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH || text.includes('__proto__')) return undefined;
  try {
    const value: unknown = JSON.parse(text.toWellFormed());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How deep arrays and objects are nested, without parsing them. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') inString = !inString;
    else if (inString) at += sign === '\\' ? 1 : 0;
    else if (sign === '{' || sign === '[') deepest = Math.max(deepest, ++depth);
    else if (sign === '}' || sign === ']') depth--;
  }
  return deepest;
}
