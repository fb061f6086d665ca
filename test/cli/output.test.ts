/** 401odd: what servers and devices said is text on the operator's terminal, and never a command to it; files get it as it is. */
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { openOutput } from '../../src/cli/output.ts';

function written(text: string, isTTY: boolean): string {
  let out = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _, done) {
      out += chunk;
      done();
    },
  });
  openOutput(Object.assign(stream, { isTTY })).write(text);
  return out;
}

test.each([
  ['\u001b]0;owned\u0007', '\ufffd]0;owned\ufffd'],
  ['\u001b[2J\u001b[H', '\ufffd[2J\ufffd[H'],
  ['a\rb\bc\u0000d', 'a\ufffdb\ufffdc\ufffdd'],
  ['\u009b2J', '\ufffd2J'],
  ['line\n\tcell ü 🌡', 'line\n\tcell ü 🌡'],
  ['\u001b[1mbold\u001b[0m \u001b[97;40m', '\u001b[1mbold\u001b[0m \u001b[97;40m'],
])('Text: %j is shown as %j, and goes into a file as it is', (text, shown) => {
  expect(written(text, true)).toBe(shown);
  expect(written(text, false)).toBe(text);
});
