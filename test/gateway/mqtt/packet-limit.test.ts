/** Packets that are too long never reach the library behind, however the stream is cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createByteBudget } from '../../../src/gateway/mqtt/gathering.ts';
import {
  createPacketLimit,
  type Oversize,
  type PacketLimitOptions,
} from '../../../src/gateway/mqtt/packet-limit.ts';

const MAX = 300;

/** A packet with its fixed header. */
function packet(flags: number, body: Buffer): Buffer {
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.of(flags, ...length), body]);
}

function publish(topic: string, bytes: number, qos: 0 | 1 | 2, packetId: number, retained = false): Buffer {
  const name = Buffer.from(topic);
  const head = [Buffer.of(name.length >> 8, name.length & 0xff), name];
  if (qos > 0) head.push(Buffer.of(packetId >> 8, packetId & 0xff));
  return packet(0x30 | (qos << 1) | (retained ? 1 : 0), Buffer.concat([...head, Buffer.alloc(bytes, 0x61)]));
}

const OPTIONS = { publishBytes: MAX, otherBytes: 100, discard: true };

/** The stream cut into `sizes`, over and over. */
function passed(stream: Buffer, sizes: readonly number[], options: Partial<PacketLimitOptions> = {}) {
  const limit = createPacketLimit({ ...OPTIONS, ...options });
  const packets: Buffer[] = [];
  const begun: Oversize[] = [];
  const discarded: Oversize[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const result = limit.pass(stream.subarray(at, at + size));
    packets.push(...result.packets);
    if (result.begun) begun.push(result.begun);
    discarded.push(...result.discarded);
    if (result.fault) return { packets, begun, discarded, fault: result.fault };
    at += size;
  }
  return { packets, begun, discarded, fault: undefined };
}

describe('packet limit (S2)', () => {
  test('what is short enough passes as it is, what is too long is told and gone, at any cut', () => {
    const packets = fc.array(
      fc.record({
        bytes: fc.oneof(fc.integer({ min: 0, max: 290 }), fc.integer({ min: 400, max: 20_000 })),
        qos: fc.constantFrom<(0 | 1 | 2)[]>(0, 1, 2),
        retained: fc.boolean(),
        packetId: fc.integer({ min: 1, max: 0xffff }),
      }),
      { maxLength: 8 },
    );
    const sizes = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 5_000 })), { minLength: 1 });
    fc.assert(
      fc.property(packets, sizes, (list, cuts) => {
        const all = list.map((one) => ({
          ...one,
          wire: publish('gateway/a/event/up', one.bytes, one.qos, one.packetId, one.retained),
        }));
        const isShort = ({ wire }: { wire: Buffer }) => wire.length <= MAX;
        const result = passed(Buffer.concat(all.map(({ wire }) => wire)), cuts);
        const short = Buffer.concat(all.filter(isShort).map(({ wire }) => wire));
        expect(Buffer.concat(result.packets).equals(short)).toBe(true);
        expect(result.discarded).toEqual(
          all
            .filter((one) => !isShort(one))
            .map(({ qos, packetId, retained, bytes }) => ({
              topic: 'gateway/a/event/up',
              qos,
              packetId: qos > 0 ? packetId : undefined,
              retained,
              bytes: bytes + 20 + (qos > 0 ? 2 : 0),
            })),
        );
      }),
      { numRuns: 100 },
    );
  });

  test('only whole packets are handed on, fed one byte at a time', () => {
    const wires = [publish('a', 10, 1, 7), packet(0xd0, Buffer.alloc(0)), publish('b', 250, 0, 0)];
    expect(passed(Buffer.concat(wires), [1]).packets).toEqual(wires);
  });

  test('the limit counts the whole packet, with its fixed header', () => {
    // 3 bytes of fixed header, 3 of topic.
    expect(passed(publish('a', MAX - 6, 0, 0), [7]).discarded).toEqual([]);
    expect(passed(publish('a', MAX - 5, 0, 0), [7]).discarded).toHaveLength(1);
  });

  test('of two behind each other the first is told as passed no later than the second as begun', () => {
    const wire = publish('a', 5_000, 1, 9);
    const { discarded, begun } = createPacketLimit(OPTIONS).pass(Buffer.concat([wire, wire.subarray(0, 99)]));
    expect([discarded.length, begun?.packetId]).toEqual([1, 9]);
  });

  test('a long message is told when it begins, if more of it is still to come', () => {
    const wire = publish('gateway/a/event/up', 5_000, 1, 9);
    expect(passed(wire, [100]).begun).toEqual(passed(wire, [100]).discarded);
    expect(passed(wire, [wire.length]).begun).toEqual([]);
  });

  test.each([
    ['a packet that is no PUBLISH', packet(0x82, Buffer.alloc(99)), {}, 'at most 100 are taken'],
    ['a PUBLISH of a stranger', publish('a', 500, 1, 7), { discard: false }, 'at most 300 are taken'],
  ])('%s ends the connection, after what came before it', (_, wire, options, detail) => {
    const before = publish('a', 10, 0, 0);
    const result = passed(Buffer.concat([before, wire]), [64], options);
    expect(Buffer.concat(result.packets).equals(before)).toBe(true);
    expect(result.fault).toMatchObject({ reason: 'too_large', detail: expect.stringContaining(detail) });
  });

  test('a length that never ends is a fault at its fifth byte', () => {
    expect(passed(Buffer.alloc(5, 0xff), [1]).fault?.reason).toBe('malformed');
    expect(passed(Buffer.alloc(4, 0xff), [1]).fault).toBeUndefined();
  });
});

describe('what is under way on all connections together (S2)', () => {
  const MIB = 1024 ** 2;
  const open = (budget: ReturnType<typeof createByteBudget>) =>
    createPacketLimit({ publishBytes: MIB, otherBytes: 100, discard: false, budget });
  const wire = publish('a', MIB - 10, 0, 0);
  const short = publish('gateway/a/event/up', 2_000, 1, 1);

  test('is bounded, and who sends short packets is not shut out', () => {
    const budget = createByteBudget(2 * MIB);
    const results = Array.from({ length: 3 }, () => open(budget).pass(wire.subarray(0, -1)));
    expect(results.map(({ fault }) => fault?.reason)).toEqual([undefined, undefined, 'too_many_unfinished']);
    const other = open(budget);
    expect(other.pass(short.subarray(0, -1)).fault).toBeUndefined();
    expect(other.pass(short.subarray(-1)).packets).toEqual([short]);
  });

  test('counts until it is taken by who reads, or the connection ends', () => {
    const budget = createByteBudget(MIB);
    const first = open(budget);
    const begin = () => open(budget).pass(wire.subarray(0, -1)).fault?.reason;
    first.pass(wire.subarray(0, -1));
    expect(first.pass(wire.subarray(-1)).packets).toEqual([wire]);
    expect(begin()).toBe('too_many_unfinished');
    first.taken();
    const second = open(budget);
    expect(second.pass(wire.subarray(0, -1)).fault).toBeUndefined();
    expect(begin()).toBe('too_many_unfinished');
    second.close();
    expect(begin()).toBeUndefined();
  });
});
