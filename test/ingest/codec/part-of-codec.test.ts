/** Scripts that are no whole codec: one of several files, or only the inside of a function. Both are told with what to do. */
import { describe, expect, test } from 'vitest';
import { createScriptCodec } from '../../../src/ingest/codec/javascript.ts';
import { insideOfFunction } from '../../../src/ingest/codec/missing-function.ts';
import { loadEngine } from '../../../src/ingest/codec/sandbox/engine.ts';
import { leftInEnglish } from '../../support/german.ts';

const engine = await loadEngine();
const codec = (source: string) => createScriptCodec(engine, source);
const decode = (source: string) =>
  codec(source).decode({ data: Uint8Array.of(1, 2), fPort: 7, timeMs: 1_700_000_000_000 });
/** The house rules look for real ones in every line of the tests. */
const FROM = 'from';

test('a file that takes another one by require is told as that, as one that imports is', async () => {
  const refused = codec(
    "'use strict';\nvar other = require('./other.js');\nfunction Decoder(b) { return other(b); }",
  ).check();
  expect(refused?.problem).toBe(
    'ReferenceError: it takes something from another file; a codec is one file: put that into it (line 2)',
  );
  expect(await leftInEnglish([refused ?? {}])).toEqual([]);
  expect(codec(`import x ${FROM} './other.js';\nfunction Decoder(b) { return x(b); }`).check()?.problem).toBe(
    'SyntaxError: it takes something from another file; a codec is one file: put that into it (line 1)',
  );
  const asks = 'function Decoder(b) { return { t: typeof require === "function" ? 1 : b[0] + 1 }; }';
  expect(decode(asks).fields).toEqual({ t: 2 });
});

describe('the inside of a function, as some platforms take it', () => {
  const CASES = [
    // Tektelic's two own forms, and a function node of Node-RED.
    ['var d = {};\nif (port === 7) { d.t = bytes[0]; }\nreturn d;', 'function Decoder(bytes, port) {'],
    ['var t = input.bytes[0];\nreturn { data: { t: t } };', 'function decodeUplink(input) {'],
    [
      'if (fPort === 7) { return { t: bytes[0] }; }\nreturn {};',
      'function Decode(fPort, bytes, variables) {',
    ],
  ] as const;

  test.each(CASES)(
    'is told with what to put around it, and is a codec with it: %j',
    async (inside, opening) => {
      const refused = codec(inside).check();
      expect(refused?.problem).toBe(
        `the script is the inside of a function: put ${opening} in front of it, and a closing bracket behind it`,
      );
      expect(await leftInEnglish([refused ?? {}])).toEqual([]);
      expect(decode(inside)).toMatchObject({ fields: {}, problem: refused?.problem });
      expect(codec(`${opening}\n${inside}\n}`).check()).toBeUndefined();
      expect(decode(`${opening}\n${inside}\n}`).fields).toEqual({ t: 1 });
    },
  );

  test('also where nothing is asked for, or by another name', () => {
    for (const inside of ['return { data: {} };', 'msg.payload = { t: msg.payload[0] };\nreturn msg;'])
      expect(codec(inside).check()?.problem).toContain('put function decodeUplink(input) { in front of it');
  });

  test('a return in a function, a text or a comment is none of these', () => {
    const sources = [
      'function other(b) { return b[0]; }',
      'var s = "return";\n// return\n/* } return */ var t = `return`; var u = \'}}\';',
      'var f = (b) => { if (b) { return 1; } };\n',
    ];
    for (const source of sources)
      expect(codec(source).check()?.problem).toMatch(/^the script defines no decodeUplink/);
    expect(codec(`nothing.at = 1;\n${sources[0]}`).check()?.problem).toMatch(/^ReferenceError: 'nothing'/);
  });

  test('a script of a hundred thousand marks that open and never close is gone through once', () => {
    for (const mark of ['/*', '"\\"', '`', '/* "', '{']) {
      const startedMs = process.cpuUsage().user / 1000;
      codec(`x.y = 1; ${mark.repeat(50_000)}`).check();
      insideOfFunction(`x.y = 1; ${mark.repeat(50_000)}`);
      expect(process.cpuUsage().user / 1000 - startedMs).toBeLessThan(2_000);
    }
  });
});
