/**
 * Text from outside made well-formed Unicode. JavaScript holds half a character (a lone surrogate, from an escape such as
 * "\ud800" or a cut through an emoji); UTF-8, and so the disk, the network and every checksum, cannot.
 */

/** U+FFFD for every half character, as UTF-8 would have it. */
export function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** At most the first `max` UTF-16 units of `text`, well-formed, never half a character at the end. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text.toWellFormed();
  const isSplit = max > 0 && isHigh(text.charCodeAt(max - 1)) && isLow(text.charCodeAt(max));
  return text.slice(0, isSplit ? max - 1 : max).toWellFormed();
}

/** A name as it can be shown in a line: no control characters, none that turn the direction of what stands behind it. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
}

/** The same for a text of several lines. */
export function manyLines(text: string): string {
  return text
    .split(/\r\n?|[\n\u2028\u2029]/)
    .map((line) => oneLine(line))
    .join('\n')
    .trim();
}

/**
 * The text of a file that people made: UTF-8, or UTF-16 with its mark, as spreadsheets save "Unicode text"; what is no UTF-8 is
 * of a Windows that writes one byte a letter.
 */
export function textOfFile(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** JSON text whose values and names are well-formed once parsed: escapes of half characters become U+FFFD. */
export function wellFormedJson(text: string): string {
  const whole = text.toWellFormed();
  if (!SURROGATE_ESCAPE.test(whole)) return whole;
  return whole.replace(ESCAPES, (found) => (LONE_ESCAPE.test(found) ? '\\ufffd' : found));
}

/** A value of plain JSON with all its texts and names well-formed; itself when they are. */
export function wellFormedValue<T>(value: T): T {
  const json = JSON.stringify(value);
  const whole = wellFormedJson(json);
  return whole === json ? value : (JSON.parse(whole) as T);
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
/** Every escape, a pair of halves as one, so that the second backslash of `\\ud800` begins none. */
const ESCAPES =
  /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|.)/gs;
const LONE_ESCAPE = /^\\u[dD].{3}$/;

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
