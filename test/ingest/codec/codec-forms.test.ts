/** The forms in which makers write their scripts: modules, promises, extended built-ins, the globals of other platforms. */
import { describe, expect, test } from 'vitest';
import { createScriptCodec, type UplinkInput } from '../../../src/ingest/codec/javascript.ts';
import { loadEngine } from '../../../src/ingest/codec/sandbox/engine.ts';
import { leftInEnglish } from '../../support/german.ts';

const engine = await loadEngine();
const codec = (source: string) => createScriptCodec(engine, source);
const UPLINK: UplinkInput = { data: Uint8Array.of(1, 2), fPort: 7, timeMs: 1_700_000_000_000 };
const decode = (source: string, input: Partial<UplinkInput> = {}) =>
  codec(source).decode({ ...UPLINK, ...input });
const body = (text: string, hex = '0102') =>
  decode(`function decodeUplink(input) { ${text} }`, { data: Buffer.from(hex, 'hex') });
const value = (expression: string, hex?: string) =>
  body(`var bytes = input.bytes; return { data: { value: ${expression} } };`, hex).fields.value;

/** The house rules look for real ones in every line of the tests. */
const FROM = 'from';
const DEFAULT = 'default';
const SUM = '{ return { data: { sum: input.bytes[0] + input.bytes[1] } }; }';

describe('A23: numbers that are none', () => {
  test.each([
    ['NaN', 'NaN'],
    ['1 / 0', 'Infinity'],
    ['-1 / 0', '-Infinity'],
    ['new Date(NaN)', 'NaN'],
    ['new Number(NaN)', 'NaN'],
  ])('%s is left out, and said so by its name', (expression, shown) => {
    expect(body(`return { data: { a: { b: ${expression} }, good: 1 } };`)).toEqual({
      fields: { good: 1 },
      problem: `left out: a_b: ${shown} is no reading`,
      said: [
        { key: 'codec.leftOut', values: {} },
        { key: 'codec.noReading', values: { name: 'a_b', value: shown } },
      ],
      warnings: [],
    });
  });

  test('also in a list and from the older function; null beside them is no value, and no text is taken for one', () => {
    const source = 'function Decode() { return { list: [1, NaN, null], none: null, text: "null NaN" }; }';
    expect(decode(source)).toMatchObject({
      fields: { list_0: 1, text: 'null NaN' },
      problem: 'left out: list_1: NaN is no reading',
      warnings: [],
    });
    expect(body('return { data: { a: null } };')).toEqual({ fields: {}, warnings: [] });
  });
});

describe('A25: extended built-ins', () => {
  const EXTENSIONS = [
    [
      'Array',
      'Array.prototype.last = function () { return this[this.length - 1]; };',
      'input.bytes.last()',
      2,
    ],
    [
      'Array, for all to see',
      'Array.prototype.sum = function () { return 9; }; var n = 0; for (var k in input.bytes) n++;',
      'n',
      3,
    ],
    ['String', 'String.prototype.hex = function () { return parseInt(this, 16); };', '"ff".hex()', 255],
    ['Number', 'Number.prototype.half = function () { return this / 2; };', '(8).half()', 4],
    [
      'Date',
      'Date.prototype.hour = function () { return this.getUTCHours(); };',
      'input.recvTime.hour()',
      22,
    ],
    [
      'Object',
      'Object.prototype.size = function () { return Object.keys(this).length; };',
      '({ a: 1, b: 2 }).size()',
      2,
    ],
    ['Object, by name', 'Object.prototype.get = function (k) { return this[k]; };', '({ a: 3 }).get("a")', 3],
    [
      'Function',
      'Function.prototype.twice = function (x) { return this(this(x)); };',
      '(function (x) { return x + 1; }).twice(1)',
      3,
    ],
    ['Math', 'Math.double = function (x) { return 2 * x; };', 'Math.double(4)', 8],
    [
      'Buffer',
      'Buffer.prototype.first = function () { return this[0]; };',
      'Buffer.from(input.bytes).first()',
      1,
    ],
    [
      'by definition',
      'Object.defineProperty(Array.prototype, "end", { get: function () { return this[this.length - 1]; } });',
      'input.bytes.end',
      2,
    ],
    [
      'by an own iterator',
      'Array.prototype[Symbol.iterator] = function* () { yield 5; };',
      '[...input.bytes][0]',
      5,
    ],
    [
      'a replaced function',
      'String.prototype.trim = function () { return "mine"; };',
      '" x ".trim()',
      'mine',
    ],
    ['a removed function', 'delete Array.prototype.map;', 'typeof [].map', 'undefined'],
    ['an indirect way', '[].__proto__.deep = function () { return 4; };', '[].deep()', 4],
  ] as const;

  test.each(EXTENSIONS)(
    '%s in a call: works, and the next call finds it gone',
    (_, extend, use, expected) => {
      const source = `function decodeUplink(input) {
      if (input.fPort === 7) { ${extend} return { data: { v: ${use} } }; }
      var names = []; for (var k in []) names.push(k); for (var o in {}) names.push(o);
      return { data: { left: names.length + ' ' + typeof [].last + typeof ''.hex + typeof {}.get + typeof [].map
        + typeof Math.double + ' ' + [].concat([1])[0] + ' x '.trim() + [...[1]][0] } }; }`;
      const script = codec(source);
      expect(script.decode(UPLINK)).toEqual({ fields: { v: expected }, warnings: [] });
      const clean = { fields: { left: '0 undefinedundefinedundefinedfunctionundefined 1x1' }, warnings: [] };
      expect(script.decode({ ...UPLINK, fPort: 8 })).toEqual(clean);
      expect(script.isWarm()).toBe(true);
      expect(script.decode(UPLINK).fields).toEqual({ v: expected });
    },
  );

  test.each(EXTENSIONS)('%s at the top level: works in every call', (_, extend, use, expected) => {
    const top = extend.replaceAll('input.bytes', '[1, 2]');
    for (const strict of ['', "'use strict';"]) {
      const script = codec(
        `${strict} ${top} function decodeUplink(input) { return { data: { v: ${use} } }; }`,
      );
      for (let calls = 0; calls < 3; calls++) expect(script.decode(UPLINK).fields).toEqual({ v: expected });
    }
  });

  test('errors are told whatever a script has made of the built-ins', () => {
    const source = `Object.prototype.toJSON = Array.prototype.toJSON = function () { return 5; };
      Object.prototype.get = Object.prototype.set = Object.prototype.value = function () {};
      Array.prototype[Symbol.iterator] = Set.prototype.has = Set.prototype.add = String.prototype.slice = null;
      function decodeUplink() { throw new Error('mine'); }`;
    const script = codec(source);
    for (let calls = 0; calls < 2; calls++) expect(script.decode(UPLINK).problem).toMatch(/^Error: mine/);
  });

  test.each([
    ['frozen', 'Object.freeze(Array.prototype);'],
    ['without more to come', 'Object.preventExtensions(String.prototype);'],
    ['under another prototype', 'Object.setPrototypeOf(Array.prototype, { odd: 1 });'],
    ['fixed', 'Object.defineProperty(Math, "odd", { value: 1 });'],
  ])('what cannot be put back costs the sandbox: %s', (_, harm) => {
    const script = codec(
      `function decodeUplink(input) { var odd = [].odd || Math.odd || Object.isFrozen(Array.prototype) || !Object.isExtensible(String.prototype); ${harm} return { data: { odd: Boolean(odd) } }; }`,
    );
    for (let calls = 0; calls < 2; calls++) {
      expect(script.decode(UPLINK).fields).toEqual({ odd: false });
      expect(script.isWarm()).toBe(false);
    }
  });
});

describe('A47: modules', () => {
  test.each([
    ['export function', `export function decodeUplink(input) ${SUM}`],
    ['export async function', `export async function decodeUplink(input) ${SUM}`],
    ['export const', `export const decodeUplink = (input) => ${SUM};`],
    ['export default function', `export ${DEFAULT} function decodeUplink(input) ${SUM}`],
    ['export default object', `function decodeUplink(input) ${SUM}\nexport ${DEFAULT} { decodeUplink };`],
    ['a list before it', `export { decodeUplink };\nconst decodeUplink = (input) => ${SUM};`],
    [
      'a list of several lines',
      `function d(input) ${SUM}\nexport {\n  d as decodeUplink, // ours\n};`.replace(' // ours', ''),
    ],
    [
      'a list of the one that has no name',
      `const c = { decodeUplink(input) ${SUM} };\nexport { c as ${DEFAULT} };`,
    ],
    ['module.exports', `module.exports = { decodeUplink: function (input) ${SUM} };`],
    ['module.exports = function', `module.exports = function decodeUplink(input) ${SUM};`],
    ['exports.', `exports.decodeUplink = function (input) ${SUM};`],
    [
      'what compilers write',
      `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { decodeUplink(input) ${SUM} };`,
    ],
    ['a #! line', `#!/usr/bin/env node\nfunction decodeUplink(input) ${SUM}`],
    ['a mark before a #! line', `\ufeff#!/usr/bin/env node\r\nfunction decodeUplink(input) ${SUM}`],
    ['a global', `globalThis.decodeUplink = function (input) ${SUM};`],
  ])('%s', (_, source) => {
    expect(codec(source).check()).toBeUndefined();
    expect(decode(source)).toEqual({ fields: { sum: 3 }, warnings: [] });
  });

  test('lines stay the script’s own', () => {
    const source = `#!/bin/node\nexport {\n decodeUplink\n};\nexport function decodeUplink() {\n throw new Error('x');\n}`;
    expect(decode(source).problem).toBe('Error: x (line 6)');
  });

  test.each([
    [`import { x } ${FROM} './x.js';\nexport function decodeUplink() {}`, 1],
    [`function f() {}\nimport x ${FROM} 'x';\nexport { f as decodeUplink };`, 2],
    [`export { decodeUplink } ${FROM} './x.js';`, 1],
    [`export * ${FROM} './x.js';`, 1],
  ])('one that needs another file is refused with the reason: %s', (source, line) => {
    expect(codec(source).check()?.problem).toBe(
      `SyntaxError: it takes something from another file; a codec is one file: put that into it (line ${line})`,
    );
  });
});

describe('A47: promises', () => {
  test.each([
    ['async', `async function decodeUplink(input) ${SUM}`],
    [
      'await',
      `async function decodeUplink(input) { for (let i = 0; i < 500; i++) await null; return await (async () => ${SUM})(); }`,
    ],
    ['a promise', `function decodeUplink(input) { return Promise.resolve().then(function () ${SUM}); }`],
    [
      'something with then',
      `function decodeUplink(input) { return { then: function (ok) { ok((function () ${SUM})()); } }; }`,
    ],
    ['version 3', 'async function Decode(fPort, bytes) { await 0; return { sum: bytes[0] + bytes[1] }; }'],
  ])('%s', (_, source) => {
    const script = codec(source);
    for (let calls = 0; calls < 2; calls++) {
      expect(script.decode(UPLINK)).toEqual({ fields: { sum: 3 }, warnings: [] });
      expect(script.isWarm()).toBe(true);
    }
  });

  test('encoding too', () => {
    const encoded = codec(
      'async function encodeDownlink(input) { await 0; return { bytes: [input.data.a], fPort: 3 }; }',
    ).encode({ object: { a: 5 } });
    expect(encoded).toMatchObject({ bytes: Uint8Array.of(5), fPort: 3 });
  });

  test.each([
    ['async function decodeUplink() { await 0; throw new TypeError("late"); }', /^TypeError: late/],
    ['function decodeUplink() { return Promise.reject(new Error("no")); }', /^Error: no/],
    [
      'function decodeUplink() { return new Promise(function () {}); }',
      /^Error: its promise is never settled/,
    ],
    ['async function decodeUplink() { for (;;) await null; }', /ran for more than 100 ms/],
    ['async function decodeUplink() { await 0; for (;;); }', /ran for more than 100 ms/],
    [
      'function decodeUplink() { function f() { return Promise.resolve().then(f); } return f(); }',
      /ran for more than 100 ms/,
    ],
    [
      'function decodeUplink() { function f() { Promise.resolve().then(f); Promise.resolve().then(f); } f(); return new Promise(f); }',
      /^the codec (ran for more|used more)/,
    ],
    [
      'async function decodeUplink() { var a = []; for (;;) { await 0; a.push(new Array(10000).fill(1)); } }',
      /^the codec (ran for more|used more)|^InternalError/,
    ],
    ['function decodeUplink() { return { then: function () { for (;;); } }; }', /ran for more than 100 ms/],
  ])('%s', (source, problem) => {
    expect(decode(source).problem).toMatch(problem);
    expect(decode(`function decodeUplink(input) ${SUM}`).fields).toEqual({ sum: 3 });
  });

  test('what a call leaves waiting does not run in the next', () => {
    const script = codec(`function decodeUplink(input) {
      var was = typeof late; Promise.resolve().then(function () { globalThis.late = 1; }); return { data: { was: was } }; }`);
    for (let calls = 0; calls < 2; calls++)
      expect(script.decode(UPLINK).fields).toEqual({ was: 'undefined' });
  });
});

describe('A47: what other platforms take', () => {
  test.each([
    ['{ data: { t: 5 } }', { fields: { t: 5 }, warnings: [] }],
    ['{ data: { t: 5 }, warnings: ["w"], errors: [] }', { fields: { t: 5 }, warnings: ['w'] }],
    ['{ errors: ["bad"] }', { fields: {}, problem: 'bad', warnings: [] }],
    // A reading may be called so.
    ['{ data: 5 }', { fields: { data: 5 }, warnings: [] }],
    ['{ data: { t: 5 }, battery: 3 }', { fields: { data_t: 5, battery: 3 }, warnings: [] }],
    ['{ errors: 0, t: 5 }', { fields: { errors: 0, t: 5 }, warnings: [] }],
    [
      '[{ field: "T", value: 5 }, { field: "H", value: 6, timestamp: 1 }]',
      { fields: { T: 5, H: 6 }, warnings: [] },
    ],
    ['[{ value: 5 }]', { fields: { '0_value': 5 }, warnings: [] }],
  ])('a Decode that returns %s', (result, expected) => {
    expect(decode(`function Decode(fPort, bytes) { return ${result}; }`)).toEqual(expected);
    expect(decode(`function Decoder(bytes, port) { return ${result}; }`)).toEqual(expected);
  });

  const LORA = `function Decode(fPort, bytes) { return { eui: LoRaObject.devEUI, name: LoRaObject.deviceName, n: LoRaObject.fCnt,
    rssi: LoRaObject.rxInfo[0].rssi, snr: LoRaObject.rxInfo[0].loRaSNR, gw: LoRaObject.rxInfo[0].mac, port: LoRaObject.fPort,
    data: LoRaObject.data, time: LoRaObject.time, f: LoRaObject.txInfo.frequency }; }`;
  test('LoRaObject is the frame', () => {
    const frame = {
      devEui: '24e124136b502217',
      name: 'EM300',
      fCnt: 128,
      frequency: 868_100_000,
      gateways: [{ gatewayId: '24e124fffef54092', rssi: -51, snr: 13.8 }],
    };
    const script = codec(LORA);
    expect(script.decode({ ...UPLINK, frame }).fields).toEqual({
      ...{ eui: '24e124136b502217', name: 'EM300', n: 128, rssi: -51, snr: 13.8, gw: '24e124fffef54092' },
      ...{ port: 7, data: 'AQI=', time: '2023-11-14T22:13:20.000Z', f: 868_100_000 },
    });
    expect(script.decode(UPLINK).fields).toMatchObject({ eui: '0000000000000000', rssi: 0, port: 7 });
    expect(script.isWarm()).toBe(true);
    expect(body('return { data: { type: typeof globalThis["LoRa" + "Object"] } };').fields.type).toBe(
      'undefined',
    );
  });

  test.each([
    ['function Bytes2Json(bytes) { return {}; }', 'it defines Bytes2Json(bytes)'],
    ['function DecodeUplink(input) {}', 'it defines DecodeUplink(input)'],
    ['const helper = 1; var decodeToJson = function (payload) {};', 'it defines decodeToJson(payload)'],
    [
      'function crc(x) {} const parseUplink = (device, payload) => {};',
      'it defines parseUplink(device, payload)',
    ],
    ['function consume(event) {}', 'it defines consume(event)'],
  ])('another kind is refused, and told what to do: %s', async (source, told) => {
    const { problem, said = [] } = codec(source).check() ?? {};
    expect(await leftInEnglish([{ said }])).toEqual([]);
    expect(problem).toContain(told);
    expect(problem).toContain('call it from function decodeUplink(input)');
    expect(decode(source).problem).toContain(told);
  });
});

describe('A47: text and base64', () => {
  test.each([
    'new TextDecoder().decode(new Uint8Array(bytes))',
    'new TextDecoder("UTF8 ").decode(new Uint8Array(bytes).subarray(1))',
    'new TextDecoder("latin1").decode(new Uint8Array(bytes))',
    'new TextDecoder("utf-16le").decode(new Uint8Array(bytes).buffer)',
    'new TextDecoder().encoding + new TextDecoder("ascii").encoding',
    'Array.from(new TextEncoder().encode("h\u00e9 \u20ac \ud83d\ude00")).join()',
    'JSON.stringify(new TextEncoder().encodeInto("\u20acuro", new Uint8Array(5)))',
    'new TextDecoder().decode()',
    'Buffer.from(bytes).toString()',
    'btoa(String.fromCharCode.apply(null, bytes))',
    'atob(" aG k= ") + atob("aGk")',
    'atob(btoa("\u00ff\u0000"))',
  ])('%s is what Node says', (expression) => {
    for (const hex of [
      '4869',
      'efbbbf48',
      'c3a9e282acf09f9880',
      'e282',
      'f09f98',
      'c080ff41',
      'eda080f4908080',
      '80bf418d9f',
    ]) {
      const bytes = [...Buffer.from(hex, 'hex')];
      const node = new Function('bytes', 'Buffer', `return ${expression}`) as (...of: unknown[]) => unknown;
      expect(value(expression, hex)).toBe(node(bytes, Buffer));
    }
  });

  test.each([
    'atob("a")',
    'atob("a*==")',
    'btoa("\u20ac")',
    'new TextDecoder("klingon")',
    'new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.of(0xc3))',
    'new TextDecoder().decode("text")',
  ])('%s is refused, as by Node', (expression) => {
    expect(() => new Function(`return ${expression}`)() as unknown).toThrow();
    expect(body(`return { data: { v: ${expression} } };`).problem).toMatch(/Error/);
  });
});
