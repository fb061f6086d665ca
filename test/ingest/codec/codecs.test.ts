/** Scripts come and go while the site runs; one that burns processor time is paused, ever longer, and says so. */
import { describe, expect, test } from 'vitest';
import { createCodecs } from '../../../src/ingest/codec/codecs.ts';
import { createTestWorld } from '../../support/world.ts';

const GOOD = 'function decodeUplink(input) { return { data: { first: input.bytes[0] } }; }';
const MOODY = 'function decodeUplink(input) { while (input.bytes[0] === 0); return { data: { ok: true } }; }';
const uplink = (first: number) => ({ fPort: 1, data: Uint8Array.of(first), timeMs: 0 });

describe('createCodecs', () => {
  test('serves built-in codecs and scripts by name', async () => {
    const codecs = createCodecs(createTestWorld());
    expect(await codecs.put('acme', GOOD)).toBeUndefined();
    expect(codecs.names()).toEqual(['raw', 'cayenne', 'acme']);
    expect(await codecs.decode('acme', uplink(5))).toEqual({ fields: { first: 5 } });
    expect(await codecs.decode('cayenne', { ...uplink(0), data: Buffer.from('03670110', 'hex') })).toEqual({
      fields: { temperature_3: 27.2 },
    });
    expect((await codecs.decode('nope', uplink(1))).problem).toBe('no codec is called "nope"');
    expect((await codecs.encode('raw', { object: {} })).problem).toBe('"raw" is no codec that can encode');
    expect(codecs.remove('acme')).toBe(true);
    expect(codecs.remove('acme')).toBe(false);
    expect((await codecs.decode('acme', uplink(5))).problem).toBe('no codec is called "acme"');
  });

  test('refuses a script that does not compile and keeps the one before', async () => {
    const codecs = createCodecs(createTestWorld());
    await codecs.put('acme', GOOD);
    expect((await codecs.put('acme', 'function decodeUplink( {'))?.problem).toMatch(
      /^SyntaxError: .*\(line 1\)$/,
    );
    expect((await codecs.decode('acme', uplink(5))).fields).toEqual({ first: 5 });
    await codecs.put('acme', GOOD.replace('first', 'other'));
    expect((await codecs.decode('acme', uplink(5))).fields).toEqual({ other: 5 });
  });

  test.each([
    ['raw', GOOD, 'raw is a built-in codec'],
    ['', GOOD, /^the name of a codec is/],
    ['../x', GOOD, /^the name of a codec is/],
    ['x', ' '.repeat(300_000), 'the script has 300000 characters; 262144 is the most'],
  ])('refuses the name "%s" or its source', async (name, source, problem) => {
    expect((await createCodecs(createTestWorld()).put(name, source))?.problem).toMatch(problem);
  });

  test('tries a script with sample bytes and adds nothing', async () => {
    const codecs = createCodecs(createTestWorld());
    expect(await codecs.test(GOOD, uplink(3))).toEqual({ fields: { first: 3 }, warnings: [] });
    expect(
      await codecs.testEncode('function Encode(p, o) { return [o.a]; }', { object: { a: 4 } }),
    ).toMatchObject({
      bytes: Uint8Array.of(4),
    });
    expect((await codecs.test('nonsense nonsense', uplink(3))).problem).toMatch(/^SyntaxError/);
    expect(codecs.scripts()).toEqual([]);
  });

  test('pauses a script after three calls over its limits, and twice as long when it goes on', async () => {
    const world = createTestWorld();
    const codecs = createCodecs(world);
    await codecs.put('moody', MOODY);
    await codecs.put('good', GOOD);
    for (let i = 0; i < 3; i++) {
      expect((await codecs.decode('moody', uplink(0))).problem).toBe(
        'the codec ran for more than 100 ms and was stopped',
      );
    }
    const paused = 'the codec is paused for 10 s because it ran into its limits again and again';
    expect(await codecs.decode('moody', uplink(1))).toEqual({
      fields: {},
      problem: paused,
      said: [{ key: 'codec.paused', values: { seconds: 10 } }],
    });
    expect((await codecs.encode('moody', { object: {} })).problem).toBe(paused);
    expect(codecs.scripts()).toEqual([
      { name: 'moody', pausedMs: 10_000, misbehaved: 3 },
      { name: 'good', pausedMs: 0, misbehaved: 0 },
    ]);
    expect((await codecs.decode('good', uplink(1))).fields).toEqual({ first: 1 });
    world.advance(10_000);
    await codecs.decode('moody', uplink(0));
    expect(codecs.scripts()[0]).toMatchObject({ pausedMs: 20_000, misbehaved: 4 });
    world.advance(20_000);
    expect((await codecs.decode('moody', uplink(1))).fields).toEqual({ ok: true });
    await codecs.decode('moody', uplink(0));
    expect(codecs.scripts()[0]).toMatchObject({ pausedMs: 0, misbehaved: 5 });
  });

  test('keeps the memory of many scripts in bounds by cooling the one unused for longest', async () => {
    const world = createTestWorld();
    const codecs = createCodecs(world);
    for (let i = 0; i < 30; i++) await codecs.put(`c${i}`, GOOD.replace('first', `f${i}`));
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 30; i++) {
        world.advance(1);
        expect((await codecs.decode(`c${i}`, uplink(i))).fields).toEqual({ [`f${i}`]: i });
      }
    }
  });
});
