/**
 * Makes the fields of a log line safe and small: no secret by its name, no credentials in a URL, bounded depth and length,
 * and every value something JSON can hold.
 */
import { cut } from '../model/text.ts';
import type { LogFields } from '../model/world.ts';

const SECRET_NAME = /token|passw|passphrase|secret|credential|authori[sz]ation|cookie|keys?$/i;
const URL_CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi;
const URL_SECRETS = /([?&](?:[^=&\s]*(?:token|passw|secret|key)[^=&\s]*)=)[^&\s]*/gi;

const HIDDEN = '***';
const MAX_DEPTH = 4;
const MAX_TEXT = 2_000;
const MAX_ITEMS = 50;

/** A copy of `fields` that may be printed. */
export function redactFields(fields: LogFields): Record<string, unknown> {
  return redactEntries(Object.entries(fields), MAX_DEPTH);
}

/** Removes user names, passwords and secret parameters from every URL in `text` and cuts it to 2000 characters. */
export function redactText(text: string): string {
  const short = text.length > MAX_TEXT ? `${cut(text, MAX_TEXT)}… (${text.length} characters)` : text;
  return short.replace(URL_CREDENTIALS, `$1${HIDDEN}@`).replace(URL_SECRETS, `$1${HIDDEN}`);
}

function redactEntries(entries: [string, unknown][], depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of entries.slice(0, MAX_ITEMS)) {
    // A count or a flag called 'token…' is no secret; a text or an object is.
    const mayLeak = typeof value !== 'number' && typeof value !== 'boolean' && value != null;
    safe[name] = mayLeak && SECRET_NAME.test(name) ? HIDDEN : redactValue(value, depth);
  }
  return safe;
}

function redactValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : redactObject(value, depth);
    default:
      return cut(String(value), MAX_TEXT);
  }
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Error) return describeError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, 64)).toString('hex');
  if (depth <= 1) return Array.isArray(value) ? `[${value.length}]` : '{…}';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth - 1));
  return redactEntries(Object.entries(value), depth - 1);
}

/** "Name CODE: message" and what caused it; the stack is for a debugger, not for a site's log. */
function describeError(error: Error, depth: number): string {
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const cause = error.cause !== undefined && depth > 1 ? redactValue(error.cause, depth - 1) : undefined;
  const because =
    cause === undefined ? '' : ` (because of ${typeof cause === 'string' ? cause : JSON.stringify(cause)})`;
  return redactText(`${error.name}${code}: ${error.message}${because}`);
}
