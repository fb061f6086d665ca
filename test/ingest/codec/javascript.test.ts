/** Device makers' scripts: what they may do, that no call sees another, and that none harms anything else. */
import { describe, expect, test } from 'vitest';
import { createScriptCodec, type ScriptCodec } from '../../../src/ingest/codec/javascript.ts';
import { loadEngine } from '../../../src/ingest/codec/sandbox/engine.ts';
import { leftInEnglish } from '../../support/german.ts';

const engine = await loadEngine();

const codec = (source: string): ScriptCodec => createScriptCodec(engine, source);
const uplink = (hex = '0102', fPort = 7) => ({
  data: Buffer.from(hex, 'hex'),
  fPort,
  timeMs: 1_700_000_000_000,
});
/** The fields that a script's `decodeUplink` gives with this body. */
const decoded = (body: string, hex?: string) =>
  codec(`function decodeUplink(input) { ${body} }`).decode(uplink(hex));
const evaluated = (expression: string, hex?: string) =>
  decoded(`var bytes = input.bytes; return { data: { value: ${expression} } };`, hex).fields.value;

describe('decoding', () => {
  test('hands v4 scripts bytes, port, time and variables', () => {
    const script = codec(`function decodeUplink(input) {
      return { data: { isArray: Array.isArray(input.bytes), sum: input.bytes[0] + input.bytes[1], port: input.fPort,
        time: input.recvTime.toISOString(), limit: Number(input.variables.limit) } };
    }`);
    expect(script.decode({ ...uplink(), variables: { limit: '5' } })).toEqual({
      fields: { isArray: true, sum: 3, port: 7, time: '2023-11-14T22:13:20.000Z', limit: 5 },
      warnings: [],
    });
  });

  test.each([
    ['v3', 'function Decode(fPort, bytes, variables) { return { port: fPort, first: bytes[0] }; }'],
    ['older', 'function Decoder(bytes, port) { return { port: port, first: bytes[0] }; }'],
    ['exported', 'module.exports = { decodeUplink: i => ({ data: { port: i.fPort, first: i.bytes[0] } }) };'],
  ])('runs %s scripts', (_kind, source) => {
    expect(codec(source).decode(uplink()).fields).toEqual({ port: 7, first: 1 });
  });

  test('keeps nested values, dates and big integers, and leaves null out', () => {
    expect(
      decoded('return { data: { a: { b: [1, null] }, at: input.recvTime, big: 12n, none: null } };'),
    ).toEqual({
      fields: { a_b_0: 1, at: '2023-11-14T22:13:20.000Z', big: 12 },
      warnings: [],
    });
  });

  test.each(['[""]', '[null, " "]', '""', '[]', '0', '{}', '[0]', '[[]]', '{ list: [] }'])(
    'A24: takes errors: %s for none',
    (errors) => {
      expect(decoded(`return { data: { a: 1 }, errors: ${errors} };`)).toEqual({
        fields: { a: 1 },
        warnings: [],
      });
    },
  );

  test.each([
    ['return { errors: ["unknown port", "really"] };', 'unknown port; really'],
    ['return { data: { a: 1 }, errors: "no" };', 'no'],
    ['return { warnings: ["w"] };', 'the codec returned no data, and no error that says why'],
    ['return 5;', 'the codec returned no object'],
    ['', 'the codec returned no object'],
    ['\nthrow new Error("bad payload");', 'Error: bad payload (line 2)'],
    ['\n\nreturn nothing.here;', "ReferenceError: 'nothing' is not defined (line 3)"],
    ['throw undefined;', 'the script threw nothing'],
    ['throw { toString() { throw 1; }, message: 5 };', '5'],
    ['return { data: { get a() { throw new TypeError("getter"); } } };', 'TypeError: getter (line 1)'],
    ['return { data: { text: "x".repeat(70000) } };', 'RangeError: the result is over 64 KB'],
    ['return new Proxy({}, {});', "ReferenceError: 'Proxy' is not defined (line 1)"],
    ['var o = {}; o.o = o; return { data: o };', 'TypeError: circular reference'],
  ])('says why there are no fields: %s', (body, problem) => {
    expect(decoded(body)).toMatchObject({ fields: {}, problem });
  });

  test('names the line of a syntax error and what is missing', () => {
    expect(codec('function decodeUplink(input) {\n  return {data: };\n}').check()?.problem).toMatch(
      /^SyntaxError: .*\(line 2\)$/,
    );
    expect(codec('function decodeUplink(input) {').check()?.problem).toMatch(/^SyntaxError/);
    expect(codec('}); (function () {').check()?.problem).toMatch(/^(SyntaxError|the script defines no)/);
    expect(codec('var a = 1;').check()?.problem).toBe(
      'the script defines no decodeUplink, encodeDownlink, Decode or Encode; a codec has the form function decodeUplink(input) { return { data: … }; }',
    );
    expect(codec('function encodeDownlink() {}').decode(uplink()).problem).toMatch(
      /^the script defines no decodeUplink or Decode;/,
    );
    expect(codec('function decodeUplink() {} // end').check()).toBeUndefined();
  });

  test('reaches nothing of the host', () => {
    for (const name of [
      'process',
      'require',
      'globalThis.constructor.process',
      'fetch',
      'setTimeout',
      'std',
      'os',
      'WebAssembly',
    ]) {
      expect(evaluated(`typeof ${name}`)).toBe('undefined');
    }
    expect(evaluated('Function("return typeof process + typeof require")()')).toBe('undefinedundefined');
    expect(evaluated('typeof console.log("x")')).toBe('undefined');
  });
});

describe('encoding', () => {
  const encoded = (source: string, object: unknown = { on: true }, fPort?: number) =>
    codec(source).encode({ object, fPort });

  test.each([
    ['function encodeDownlink(input) { return { bytes: [1, input.data.on ? 255 : 0], fPort: 9 }; }', 9],
    ['function encodeDownlink(input) { return { bytes: Buffer.from([1, 255]) }; }', undefined],
    ['function Encode(fPort, obj, variables) { return [1, -1]; }', undefined],
  ])('gives bytes of %s', (source, fPort) => {
    const result = encoded(source);
    expect(result.bytes).toEqual(Uint8Array.of(1, 255));
    expect(result.problem).toBeUndefined();
    expect('fPort' in result ? result.fPort : undefined).toBe(fPort);
  });

  test.each([
    ['return { errors: ["off"] };', 'off'],
    ['return { bytes: [1, 256] };', 'byte 1 that the codec returned is no byte'],
    ['return { bytes: [1.5] };', 'byte 0 that the codec returned is no byte'],
    ['return { bytes: "ff" };', 'the codec returned no list of bytes'],
    ['return { bytes: [1], fPort: 300 };', 'the fPort that the codec returned is not 1 to 223'],
    ['return { bytes: new Array(500).fill(0) };', 'the codec returned 500 bytes or more; 242 is the most'],
    ['return { bytes: { length: 1e15 } };', 'the codec returned 1024 bytes or more; 242 is the most'],
  ])('refuses %s', async (body, problem) => {
    const found = encoded(`function encodeDownlink(input) { ${body} }`);
    expect(found.problem).toBe(problem);
    // What the script says itself stays as it is.
    if (problem !== 'off') expect(await leftInEnglish([found])).toEqual([]);
  });
});

describe('Buffer', () => {
  const bytes = Buffer.from('fffe0102417fc3a9e282acf09f98803f8ccccd', 'hex');
  test.each([
    'readUInt8(1)',
    'readInt8(1)',
    'readUInt16LE(0)',
    'readUInt16BE(0)',
    'readInt16LE(0)',
    'readInt16BE()',
    'readUInt32LE(2)',
    'readInt32BE(0)',
    'readFloatBE(15)',
    'readDoubleLE(3)',
    'readUIntBE(1, 3)',
    'readIntLE(0, 6)',
    'slice(2, 5).length',
    'slice(-3).toString("hex")',
    'subarray(1, 4).slice(1).readUInt8(0)',
    'toString("hex")',
    'toString("base64")',
    'toString("base64url")',
    'toString("ascii")',
    'toString("latin1")',
    'toString()',
    'toString("utf8", 6, 8)',
    'indexOf(65)',
    'equals(Buffer.from(bytes))',
    'readBigUInt64BE(0).toString()',
    'map(function (b) { return b + 1; }).toString("hex")',
    'reverse().toString("hex")',
    'length',
  ])('%s is what Node says', (expression) => {
    const expected: unknown = new Function('Buffer', 'bytes', `return Buffer.from(bytes).${expression}`)(
      Buffer,
      bytes,
    );
    expect(evaluated(`Buffer.from(bytes).${expression}`, bytes.toString('hex'))).toBe(expected);
  });

  test.each([
    'Buffer.from("00ff10", "hex").readUInt16BE(1)',
    'Buffer.from("aGVsbG8=", "base64").toString()',
    'Buffer.from("héllo €").toString("hex")',
    'Buffer.concat([Buffer.from([1]), Buffer.alloc(2, 7)]).toString("hex")',
    'Buffer.alloc(4).fill("ab").toString()',
    'Buffer.isBuffer(Buffer.alloc(1))',
    'Buffer.byteLength("é")',
    '(function () { var b = Buffer.alloc(8); b.writeUInt16LE(513, 1); b.writeInt32BE(-2, 4); return b.toString("hex"); })()',
    'JSON.stringify(Buffer.from([1, 2]))',
    'atob("aGk=") + btoa("hi")',
    'Buffer.from("c3a9", "hex").toString("utf-8")',
  ])('%s is what Node says', (expression) => {
    expect(evaluated(expression)).toBe(new Function('Buffer', `return ${expression}`)(Buffer));
  });

  test('does not read outside', () => {
    expect(decoded('return Buffer.from([1]).readUInt16LE(0);').problem).toMatch(
      /^RangeError: .*out of range/,
    );
  });
});

describe('one call after the other', () => {
  /** Decodes twice; the second call must not notice the first. */
  const twice = (source: string) => {
    const script = codec(source);
    return [script.decode(uplink('01')), script.decode(uplink('02'))].map(
      ({ fields, problem }) => problem ?? fields,
    );
  };

  test('a variable of the top level starts anew', () => {
    const source = `var seen = []; let count = 0;
      function decodeUplink(input) { seen.push(input.bytes[0]); count++; return { data: { seen: seen, count: count } }; }`;
    expect(twice(source)).toEqual([
      { seen_0: 1, count: 1 },
      { seen_0: 2, count: 1 },
    ]);
  });

  test.each([
    [
      'a leaked global',
      'leaked = (typeof leaked === "undefined" ? 0 : leaked) + 1; return { data: { n: leaked } };',
    ],
    [
      'a hidden global',
      'var n = globalThis.h || 0; Object.defineProperty(globalThis, "h", { value: n + 1 }); return { data: { n: n + 1 } };',
    ],
    [
      'a symbol',
      'var s = Symbol.for("s"); var n = (globalThis[s] || 0) + 1; globalThis[s] = n; return { data: { n: n } };',
    ],
    [
      'Object.prototype',
      'var n = ({}).polluted || 0; Object.prototype.polluted = n + 1; return { data: { n: n + 1 } };',
    ],
    ['Array.prototype', 'Array.prototype.n = ([].n || 0) + 1; return { data: { n: [].n } };'],
    ['a built-in', 'parseInt.n = (parseInt.n || 0) + 1; return { data: { n: (parseInt.n || 0) + 1 } };'],
    [
      'a replaced built-in',
      'var n = parseInt("1"); parseInt = function () { return 2; }; return { data: { n: n } };',
    ],
    ['a replaced Map', 'var n = typeof Map === "function" ? 1 : 2; Map = 5; return { data: { n: n } };'],
    [
      'Math',
      'var n = Math.max(1); try { Math.max = function () { return 2; }; } catch (e) {} return { data: { n: n } };',
    ],
    ['Buffer', 'var n = (Buffer.n || 0) + 1; Buffer.n = n; return { data: { n: n } };'],
    [
      'a prototype by __proto__',
      'var n = (new Date(0).n || 0) + 1; input.recvTime.__proto__.n = n; return { data: { n: n } };',
    ],
    [
      'an iterator',
      'var p = Object.getPrototypeOf([][Symbol.iterator]()); var n = (p.n || 0) + 1; p.n = n; return { data: { n: n } };',
    ],
    [
      'a generator',
      'var p = Object.getPrototypeOf(function* () {}); var n = (p.n || 0) + 1; p.n = n; return { data: { n: n } };',
    ],
    [
      'the global prototype',
      'var n = globalThis.up || 1; try { Object.setPrototypeOf(globalThis, { up: 2 }); } catch (e) {} return { data: { n: n } };',
    ],
    [
      'no more globals',
      'var n = Object.isExtensible(globalThis) ? 1 : 2; Object.preventExtensions(globalThis); return { data: { n: n } };',
    ],
    [
      'a promise',
      'Promise.resolve().then(function () { globalThis.p = 1; }); return { data: { n: typeof p === "undefined" ? 1 : 2 } };',
    ],
  ])('%s does not carry over', (_what, body) => {
    expect(twice(`function decodeUplink(input) { ${body} }`)).toEqual([{ n: 1 }, { n: 1 }]);
  });

  test('polyfills, classes and names of their own work although built-ins are frozen', () => {
    const source = `
      if (!String.prototype.padHex) String.prototype.padHex = function () { return ('0' + this).slice(-2); };
      Object.defineProperty(Object, 'assign', { value: function (a) { return a; }, writable: true, configurable: true });
      class Fault extends Error { constructor(m) { super(m); this.name = 'Fault'; } }
      function Thing() {} Thing.prototype.toString = function () { return 'thing'; };
      function decodeUplink(input) {
        var own = {}; own.toString = function () { return 'own'; }; own.constructor = 1;
        try { throw new Fault('x'); } catch (e) { var name = e.name; }
        return { data: { hex: (5).toString(16).padHex(), name: name, thing: '' + new Thing(), own: '' + own,
          assign: Object.assign({ a: 1 }, { a: 2 }).a } };
      }`;
    const expected = { hex: '05', name: 'Fault', thing: 'thing', own: 'own', assign: 1 };
    expect(twice(source)).toEqual([expected, expected]);
    expect(twice(`'use strict'; ${source}`)).toEqual([expected, expected]);
  });

  test('a script that must change a built-in at its top level gets a new sandbox for every call', () => {
    const source = `'use strict'; var count = 0; Array.prototype.last = function () { return this[this.length - 1]; };
      function decodeUplink(input) { count++; return { data: { last: input.bytes.last(), count: count } }; }`;
    expect(twice(source)).toEqual([
      { last: 1, count: 1 },
      { last: 2, count: 1 },
    ]);
  });
});

describe('a script that does harm', () => {
  const neighbour = codec('function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }');
  const exhausted = /^the codec (ran for more than 100 ms|used more than 8 MB|broke the script engine)/;
  const refusedSize = /^RangeError|^SyntaxError|^TypeError/;

  test.each([
    ['an endless loop', 'for (;;);', exhausted],
    ['a loop that catches', 'for (;;) try { for (;;); } catch (e) {}', exhausted],
    ['memory', 'var a = []; for (;;) a.push(new Array(1000).fill(1));', exhausted],
    ['buffers', 'var a = []; for (;;) a.push(new Uint8Array(100000));', exhausted],
    ['a doubling text', 'var s = "x"; for (;;) s += s;', exhausted],
    ['a huge text', '"x".repeat(536870000);', exhausted],
    ['recursion', 'function f() { return f() + 1; } f();', exhausted],
    ['recursion by toString', 'var o = { toString: function () { return "" + o; } }; "" + o;', exhausted],
    [
      'deep JSON',
      'var o = {}; for (var i = 0; i < 100000; i++) o = { o: o }; return { data: o };',
      exhausted,
    ],
    ['deep syntax', 'eval("(".repeat(100000));', exhausted],
    ['a catastrophic expression', '/^(a+)+$/.test("a".repeat(40) + "b");', exhausted],
    ['a getter that loops', 'return { data: { get a() { for (;;); } } };', exhausted],
    ['an error that loops', 'throw { get message() { for (;;); } };', exhausted],
    ['toJSON that loops', 'return { data: { toJSON: function () { for (;;); } } };', exhausted],
    ['a long hole', 'new Array(4e9).indexOf(1);', refusedSize],
    ['an endless array-like', 'Array.prototype.indexOf.call({ length: 1e15 }, 1);', refusedSize],
    [
      'a changing length',
      'var n = 0; [].indexOf.call({ get length() { return n++ ? 1e15 : 1; } }, 1);',
      refusedSize,
    ],
    ['a set of a long hole', 'new Set(new Array(4e9));', refusedSize],
    ['a text within a text', 'var a = "a".repeat(3e6); a.indexOf(a.slice(0, 1.5e6) + "b");', refusedSize],
    [
      'sorting long texts',
      'var p = "a".repeat(1e6), a = []; for (var i = 0; i < 60000; i++) a.push(p + i % 2); a.sort();',
      refusedSize,
    ],
    ['a large power', '2n ** (2n ** 40n);', refusedSize],
  ])('%s is stopped, and the next script decodes at once', (_what, body, problem) => {
    const bomb = codec(`function decodeUplink(input) { ${body} return { data: { done: 1 } }; }`);
    expect(bomb.decode(uplink()).problem).toMatch(problem);
    const before = process.threadCpuUsage();
    expect(neighbour.decode(uplink('2a')).fields).toEqual({ first: 42 });
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(100);
  });

  test('even at its top level', () => {
    expect(codec('for (;;);').check()?.problem).toMatch(exhausted);
    expect(neighbour.decode(uplink('2a')).fields).toEqual({ first: 42 });
  });
});
