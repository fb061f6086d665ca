/** Replies reach the library whole and within bounds, however the stream is cut (S8). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createReplyLimit,
  MAX_DEPTH,
  MAX_ELEMENTS,
  MAX_LINE_BYTES,
  MAX_REPLY_BYTES,
} from '../../../src/sync/site/reply-limit.ts';

/** What comes out when `stream` comes in pieces of these sizes, with so many commands sent before. */
function taken(stream: Buffer, sizes: readonly number[], commands: number): Buffer[] {
  const limit = createReplyLimit();
  for (let n = 0; n < commands; n++) limit.expect();
  const out: Buffer[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const whole = limit.take(stream.subarray(at, at + size));
    if (whole) out.push(Buffer.from(whole));
    at += size;
  }
  return out;
}

const { reply } = fc.letrec<{ reply: string }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('+OK\r\n', '-ERR no\r\n', '$-1\r\n', '*-1\r\n', '*0\r\n', '$0\r\n\r\n', ':-12\r\n'),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`),
    fc.array(tie('reply'), { maxLength: 4 }).map((all) => `*${all.length}\r\n${all.join('')}`),
  ),
}));
const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

describe('reply limit (S8)', () => {
  test('honest replies pass as they are, each piece whole, at any cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { minLength: 1, maxLength: 5 }), cuts, (replies, sizes) => {
        const pieces = taken(Buffer.from(replies.join('')), sizes, replies.length);
        expect(Buffer.concat(pieces).toString()).toBe(replies.join(''));
        const ends = replies.map((_, n) => Buffer.byteLength(replies.slice(0, n + 1).join('')));
        let at = 0;
        for (const piece of pieces) {
          at += piece.length;
          expect(ends).toContain(at);
        }
      }),
    );
  });

  test.each([
    ['a bulk of 2 GB', '$2147483648\r\n'],
    ['a bulk one byte too long', `$${MAX_REPLY_BYTES + 1}\r\n`],
    ['an array of 100 million', '*100000000\r\n'],
    ['one of 999999999999999', '*999999999999999\r\n'],
    ['arrays that are too many together', `*2\r\n*${MAX_ELEMENTS - 1}\r\n`],
    ['arrays in arrays', '*1\r\n'.repeat(MAX_DEPTH + 1)],
    ['an error word of 3 MB', `-${'X'.repeat(3_000_000)}\r\n`],
    ['a status that does not end', `+${'X'.repeat(MAX_LINE_BYTES + 1)}`],
    ['digits that do not end', `:${'1'.repeat(30)}`],
    ['many bulks, too long together', `*9\r\n${`$1000000\r\n${'x'.repeat(1_000_000)}\r\n`.repeat(5)}`],
    ['a length that is none', '$1e3\r\n'],
    ['a negative length', '$-2\r\n'],
    ['a number that is none', ':1x\r\n'],
    ['a carriage return alone', '+a\rb\r\n'],
    ['a bulk that does not end where it says', '$1\r\nabc'],
    ['RESP3', '%1\r\n+a\r\n+b\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
  ])('%s is refused, at any cut', (_name, text) => {
    for (const sizes of [[1], [7], [65_536]]) {
      if (sizes[0] === 1 && text.length > 100_000) continue;
      expect(() => taken(Buffer.from(text), sizes, 1)).toThrow(expect.objectContaining({ code: 'REPLY' }));
    }
  });

  test.each([
    ['$2147483648\r\n', 'a reply of 2147483648 bytes'],
    [`*9\r\n${`$1000000\r\n${'x'.repeat(1_000_000)}\r\n`.repeat(5)}`, 'of more than 4194304 bytes'],
    [`-${'X'.repeat(MAX_LINE_BYTES + 1)}`, 'whose first line exceeds 8192 bytes'],
    ['*100000000\r\n', 'with 100000000 elements'],
    ['*1\r\n'.repeat(MAX_DEPTH + 1), 'with more than 8 arrays in one another'],
  ])('what is too large is told in words (%#)', (text, words) => {
    expect(() => taken(Buffer.from(text), [65_536], 1)).toThrow(words);
  });

  test('a reply that nobody asked for is refused: the library would fall over it', () => {
    expect(() => taken(Buffer.from('$-1\r\n'), [1], 0)).toThrow('nobody asked for');
    expect(() => taken(Buffer.from('+OK\r\n$-1\r\n'), [100], 1)).toThrow('nobody asked for');
  });

  test('why a Redis does not let us in is told as such', () => {
    const text = Buffer.from('-DENIED Redis is running in protected mode\r\n');
    for (const size of [1, 100]) {
      expect(() => taken(text, [size], 0)).toThrow(expect.objectContaining({ code: 'DENIED' }));
    }
  });
});
