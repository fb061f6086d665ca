/** I1: half characters made whole, and cuts that never make one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, textOfFile, wellFormed, wellFormedJson } from '../../src/model/text.ts';

const text = () => fc.string({ unit: 'binary' });
/** Any sequence of UTF-16 units, lone surrogates among them. */
const units = () =>
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd800, max: 0xdfff })))
    .map((list) => String.fromCharCode(...list));

test('I1: a half character becomes U+FFFD, whole ones stay', () => {
  expect(wellFormed('a\ud800b😀')).toBe('a\ufffdb😀');
});

test('I1: a cut takes no half of an emoji', () => {
  expect(cut('ab😀', 3)).toBe('ab');
  expect(cut('ab😀', 4)).toBe('ab😀');
  expect(cut('😀', 1)).toBe('');
  expect(cut('\ud800abc', 2)).toBe('\ufffda');
});

test('I1: any cut of any text is well-formed, no longer than asked, and its beginning', () => {
  fc.assert(
    fc.property(fc.oneof(text(), units()), fc.nat(40), (given, max) => {
      const short = cut(given, max);
      expect(short.isWellFormed()).toBe(true);
      expect(short.length).toBeLessThanOrEqual(max);
      expect(short.length).toBeGreaterThanOrEqual(Math.min(given.length, max) - 1);
      expect(wellFormed(given).startsWith(short)).toBe(true);
    }),
  );
});

test('I1: JSON parses to the same, with half characters made U+FFFD in values and names', () => {
  expect(JSON.parse(wellFormedJson('{"\\uD800":"\\ud83d\\ude00 \\udc00\\\\ud800"}'))).toEqual({
    '\ufffd': '😀 \ufffd\\ud800',
  });
  fc.assert(
    fc.property(fc.oneof(text(), units()), (given) => {
      const escaped = [...Array(given.length).keys()]
        .map((at) => `\\u${given.charCodeAt(at).toString(16).padStart(4, '0')}`)
        .join('');
      expect(JSON.parse(wellFormedJson(`"${escaped}"`))).toBe(wellFormed(given));
      expect(JSON.parse(wellFormedJson(JSON.stringify(given)))).toBe(wellFormed(given));
    }),
  );
});

describe('a file that people made', () => {
  const TEXT = 'dev_eui;name\r\n0004a30b00112233;Zähler Süd – 5 €';
  const utf16 = Buffer.from(`\ufeff${TEXT}`, 'utf16le');
  test.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16', utf16],
    ['UTF-16, most significant byte first', Buffer.from(utf16).swap16()],
    ['Windows-1252', Buffer.from(TEXT.replace('–', '\x96').replace('€', '\x80'), 'latin1')],
  ])('is read as %s', (_, bytes) => {
    expect(textOfFile(bytes)).toBe(TEXT);
  });

  test('is text whatever its bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof textOfFile(bytes) === 'string'));
  });
});
