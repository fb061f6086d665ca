/** Line protocol against lines written by hand, and read back by a parser of its own. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timestamp, toLines } from '../../../src/model/line-protocol.ts';
import type { FieldValue, LogRecord, UplinkBody } from '../../../src/model/record.ts';
import { parseLine } from '../../support/influx-fake.ts';

const body: UplinkBody = {
  fields: { temperature: 21, door: true, label: 'north' },
  data: '0167',
  fPort: 2,
  fCnt: 17,
  devAddr: '01020304',
  confirmed: false,
  freq: 868_100_000,
  dr: 'SF7BW125',
  rx: [
    { gw: '0016c001f1500001', rssi: -101, snr: 7.5 },
    { gw: '0016c001f1500002', rssi: -110, snr: 1 },
  ],
  codec: 'cayenne',
  via: 'bridge',
};

function uplink(changes: Partial<UplinkBody>, seq = 12): LogRecord {
  const text = JSON.stringify({ ...body, ...changes });
  return { seq, timeMs: 1_767_225_600_000, device: 'a84041000181c061', kind: 'uplink', body: text };
}

/** The first line's tag `name`, or the text after the tags for `fields`. */
const nameTag = (name: string) =>
  /,name=(.*),site=/.exec(toLines(uplink({ fields: { x: 1 } }), 's', name))?.[1];
const fieldPart = (fields: Record<string, FieldValue>) =>
  / (.*) \d+$/.exec(toLines(uplink({ fields }), 's', '').split('\n')[0] ?? '')?.[1];

describe('line protocol', () => {
  test('an uplink is a line of readings and a line of radio with the same time', () => {
    expect(toLines(uplink({}), 'North Ridge', 'Tank, west').split('\n')).toEqual([
      'reading,device=a84041000181c061,name=Tank\\,\\ west,site=North\\ Ridge temperature=21,door=t,label="north" 1767225600000000012',
      'radio,device=a84041000181c061,gateway=0016c001f1500001,site=North\\ Ridge rssi=-101,snr=7.5,f_cnt=17,gateways=2,frequency=868100000,data_rate="SF7BW125" 1767225600000000012',
    ]);
  });

  test('an uplink that could not be decoded, heard by no named gateway, still has its radio line', () => {
    expect(toLines(uplink({ fields: {}, rx: [] }), 's', 'n')).toBe(
      'radio,device=a84041000181c061,site=s f_cnt=17,gateways=0,frequency=868100000,data_rate="SF7BW125" 1767225600000000012',
    );
  });

  test('a gateway and a system record are events', () => {
    const base = { seq: 1_000_003, timeMs: 5, device: null };
    const gateway = JSON.stringify({ gateway: 'gw', state: 'offline', reason: 'silent for 90 s' });
    const system = JSON.stringify({ event: 'expired', from: 1, to: 9 });
    expect(toLines({ ...base, kind: 'gateway', body: gateway }, 's', '')).toBe(
      'event,gateway=gw,kind=gateway,site=s state="offline",reason="silent for 90 s" 5000003',
    );
    expect(toLines({ ...base, kind: 'system', body: system }, 's', '')).toBe(
      'event,kind=system,site=s event="expired",detail="{\\"from\\":1,\\"to\\":9}" 5000003',
    );
  });

  test.each([
    ['a,b', 'a\\,b'],
    ['a b', 'a\\ b'],
    ['a=b', 'a\\=b'],
    ['a"b', 'a"b'],
    ['a\\b', 'a\\b'],
    ['a\\', 'a/'],
    ['a\\\\b', 'a/\\b'],
    ['a\\,b', 'a/\\,b'],
    ['a\\ b', 'a/\\ b'],
    ['a\nb\r\tc', 'a\\ b\\ \\ c'],
    ['🌡 Kühlhaus', '🌡\\ Kühlhaus'],
    ['#x', '#x'],
  ])('the device name %j becomes the tag value %s', (name, escaped) => {
    expect(nameTag(name)).toBe(escaped);
  });

  test.each<[Record<string, FieldValue>, string]>([
    [{ t: 21, u: 21.5 }, 't=21,u=21.5'],
    [{ t: -0.5, u: 1e21, v: 1e-7 }, 't=-0.5,u=1e+21,v=1e-7'],
    [{ on: true, off: false }, 'on=t,off=f'],
    [{ s: '' }, 's=""'],
    [{ s: 'say "hi" \\ bye' }, 's="say \\"hi\\" \\\\ bye"'],
    [{ s: 'one\ntwo\r' }, 's="one\\\\ntwo\\\\r"'],
    [{ 'a b,c=d': 1 }, 'a\\ b\\,c\\=d=1'],
    [{ time: 1, '': 2 }, 'time_=1,_=2'],
  ])('the fields %j are written as %s', (fields, expected) => {
    expect(fieldPart(fields)).toBe(expected);
  });

  test('the measurement can have another name, escaped by its own rule', () => {
    const line = toLines(uplink({ fields: { x: 1 } }), '', '', 'my data,a=b').split('\n')[0];
    expect(line).toBe('my\\ data\\,a=b,device=a84041000181c061 x=1 1767225600000000012');
  });

  test('an empty tag value, and a number JSON cannot carry, are left out', () => {
    expect(
      toLines(uplink({ fields: { x: 1 } }), '', '').startsWith('reading,device=a84041000181c061 x=1 '),
    ).toBe(true);
    expect(fieldPart({ bad: Number.NaN, worse: Number.POSITIVE_INFINITY, good: 1 })).toBe('good=1');
  });

  test('a string is cut at 64 KB of UTF-8 and never inside a character', () => {
    const line = toLines(uplink({ fields: { s: '€'.repeat(40_000) } }), 's', 'n').split('\n')[0] ?? '';
    const value = parseLine(line).fields.s;
    expect(value).toBe('€'.repeat(Math.floor(65_535 / 3)));
  });

  test('names that InfluxDB would know as one stay apart', () => {
    expect(fieldPart({ time: 1, time_: 2 })).toBe('time__=1,time_=2');
    expect(fieldPart({ 'a\tb': 1, 'a\nb': 2, 'a b': 3 })).toBe('a\\ b_=1,a\\ b__=2,a\\ b=3');
    expect(fieldPart({ 'x\\': 1, 'x/': 2, _: 3 })).toBe('x/_=1,x/=2,_=3');
    const ofJson = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}') as Record<string, FieldValue>;
    expect(fieldPart(ofJson)).toBe('__proto__=1,constructor=2,toString=3');
  });

  test('times are nanoseconds made unique by seq, also before 1970 and for small numbers', () => {
    expect(timestamp(1_767_225_600_123, 7)).toBe('1767225600123000007');
    expect(timestamp(1_767_225_600_123, 42_000_007)).toBe('1767225600123000007');
    expect(BigInt(timestamp(0, 7))).toBe(7n);
    expect(timestamp(-5, 7)).toBe('-4999993');
  });

  test('a body that is not JSON throws instead of passing for empty', () => {
    expect(() => toLines({ ...uplink({}), body: '{' }, 's', 'n')).toThrow(SyntaxError);
  });

  test('whatever the names and values, InfluxDB reads back two points with our tags and fields', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.string({ unit: 'binary' }),
    );
    const fields = fc.dictionary(fc.string({ unit: 'binary' }), value, { maxKeys: 5 });
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[,= "\\\n]{0,6}$/));
    fc.assert(
      fc.property(fields, text, text, fc.nat(), (decoded, site, name, seq) => {
        const points = toLines(uplink({ fields: decoded }, seq), site, name)
          .split('\n')
          .map(parseLine);
        const reading = points.find((point) => point.measurement === 'reading');
        expect(points.length).toBe(Object.keys(decoded).length > 0 ? 2 : 1);
        for (const [key, sent] of Object.entries(decoded)) {
          if (!/^[a-z]+$/.test(key) || key === 'time') continue;
          const plain = typeof sent === 'string' ? sent.replace(/[\n\r\0]/g, (c) => escapes[c] ?? c) : sent;
          expect(reading?.fields[key]).toEqual(plain === 0 ? 0 : plain);
        }
        const plainName = name.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
        if (!plainName.includes('\\')) expect(reading?.tags.name ?? '').toBe(reading ? plainName : '');
        expect(points.every((point) => point.time === BigInt(timestamp(1_767_225_600_000, seq)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\0': '\\0' };
