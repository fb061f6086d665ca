/** Files of settings and secrets as people's programs save them: UTF-8 or UTF-16, with and without a byte order mark. */
import { isUtf8 } from 'node:buffer';

export type Decoded = { readonly text: string } | { readonly problem: string };

/** The text of a file without its byte order mark, or what it is that is no text. */
export function decodeText(content: string | Uint8Array): Decoded {
  if (typeof content === 'string') return { text: content.replace(/^\ufeff/, '') };
  const [first, second] = content;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = encoding === 'utf-8' ? fromUtf8(content) : fromUtf16(encoding, content);
    if (encoding === 'utf-8' && text.includes('\0') && isWide(text))
      return { problem: 'is UTF-16 without a byte order mark: save it as UTF-8' };
    return { text };
  } catch {
    return {
      problem: `holds bytes that are not ${encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'}: save it as UTF-8`,
    };
  }
}

/** Throws for anything else. By node:buffer, since the first TextDecoder of a process costs the start 30 ms. */
function fromUtf8(content: Uint8Array): string {
  if (!isUtf8(content)) throw new TypeError('not UTF-8');
  return Buffer.from(content)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}

/** Takes the byte order mark away. Throws for anything else. */
function fromUtf16(encoding: 'utf-16le' | 'utf-16be', content: Uint8Array): string {
  return new TextDecoder(encoding, { fatal: true }).decode(content);
}

/** ASCII in two bytes each, read as UTF-8. */
function isWide(text: string): boolean {
  return /^(?:\0[^\0])+$|^(?:[^\0]\0)+$/s.test(text);
}

/** One line of a file, or of a variable made of one, without its end. */
export function withoutLineEnd(text: string): string {
  return text.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '');
}
