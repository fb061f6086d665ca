/** TextEncoder and TextDecoder, atob and btoa as browsers have them. */
const UTF8 = 'utf-8';
const LATIN = 'windows-1252';
const UTF16 = 'utf-16le';
/** By its other names, of which there are dozens: those that scripts use. */
const LABELS = {
  __proto__: null,
  'utf-8': UTF8,
  utf8: UTF8,
  'unicode-1-1-utf-8': UTF8,
  ascii: LATIN,
  'us-ascii': LATIN,
  latin1: LATIN,
  l1: LATIN,
  'iso-8859-1': LATIN,
  'iso8859-1': LATIN,
  'windows-1252': LATIN,
  cp1252: LATIN,
  'utf-16le': UTF16,
  'utf-16': UTF16,
  ucs2: UTF16,
  'ucs-2': UTF16,
};
/** Of windows-1252 from 0x80 to 0x9f, where it is not Latin-1. */
const LATIN_80 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** @param {ArrayLike<number>} bytes */
function latinText(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    out += byte >= 0x80 && byte < 0xa0 ? LATIN_80[byte - 0x80] : fromCode(byte);
  }
  return out;
}
/** @param {ArrayLike<number>} bytes */
function utf16Text(bytes) {
  let out = '';
  for (let i = 0; i + 1 < bytes.length; i += 2) out += fromCode(bytes[i] | (bytes[i + 1] << 8));
  return wellFormed(bytes.length % 2 === 1 ? out + '\ufffd' : out);
}
/** What a decoder is given as bytes. @returns {Uint8Array} */
function bytesOf(input) {
  if (input === undefined) return new Uint8Array(0);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input !== null && typeof input === 'object' && input.buffer instanceof ArrayBuffer)
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  // Not so elsewhere, but nothing else can be meant.
  if (isArray(input)) return new Uint8Array(input);
  throw new TypeError('TextDecoder.decode needs bytes');
}

class TextDecoder {
  /** @param {any} label @param {any} options */
  constructor(label = UTF8, options = undefined) {
    const encoding = LABELS[String(label).trim().toLowerCase()];
    if (encoding === undefined) throw new RangeError('The "' + label + '" encoding is not supported');
    this.encoding = encoding;
    this.fatal = Boolean(options?.fatal);
    this.ignoreBOM = Boolean(options?.ignoreBOM);
  }
  decode(input = undefined) {
    const bytes = bytesOf(input);
    if (this.encoding === LATIN) return latinText(bytes);
    const text = this.encoding === UTF16 ? utf16Text(bytes) : utf8Decoded(bytes, this.fatal);
    return text[0] === '\ufeff' && !this.ignoreBOM ? text.slice(1) : text;
  }
}
class TextEncoder {
  get encoding() {
    return UTF8;
  }
  encode(text = '') {
    return new Uint8Array(utf8Bytes(String(text)));
  }
  encodeInto(text, target) {
    let read = 0,
      written = 0;
    for (const character of String(text)) {
      const bytes = utf8Bytes(character);
      if (written + bytes.length > target.length) break;
      for (let i = 0; i < bytes.length; i++) target[written++] = bytes[i];
      read += character.length;
    }
    return { read, written };
  }
}

function invalidCharacter(what) {
  const error = new Error(what);
  error.name = 'InvalidCharacterError';
  return error;
}
hidden(G, {
  TextDecoder,
  TextEncoder,
  atob(given) {
    let text = String(given).replace(/[\t\n\f\r ]+/g, '');
    if (text.length % 4 === 0) text = text.replace(/={1,2}$/, '');
    if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text))
      throw invalidCharacter('atob: the text is not base64');
    return latin1Text(base64Bytes(text), 255);
  },
  btoa(given) {
    const text = String(given);
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) > 255) throw invalidCharacter('btoa: a character is over 255');
    }
    return base64Text(latin1Bytes(text));
  },
});
