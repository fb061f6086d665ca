/** Packets that are too long never reach the library behind, however the stream is cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPacketLimit, type Discarded } from './packet-limit.ts';

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

function passed(stream: Buffer, sizes: readonly number[], discard = true) {
  const limit = createPacketLimit(MAX, discard);
  const chunks: Buffer[] = [];
  const discarded: Discarded[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const result = limit.pass(stream.subarray(at, at + size));
    chunks.push(...result.chunks);
    discarded.push(...result.discarded);
    if (result.fault !== undefined) return { bytes: Buffer.concat(chunks), discarded, fault: result.fault };
    at += size;
  }
  return { bytes: Buffer.concat(chunks), discarded, fault: undefined };
}

describe('packet limit (S2)', () => {
  test('what is short enough passes as it is, what is too long is told and gone, at any cut', () => {
    const packets = fc.array(
      fc.record({
        bytes: fc.oneof(fc.integer({ min: 0, max: 270 }), fc.integer({ min: 400, max: 20_000 })),
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
        const isShort = ({ bytes }: { bytes: number }) => bytes < 300;
        const result = passed(Buffer.concat(all.map(({ wire }) => wire)), cuts);
        expect(result.bytes.equals(Buffer.concat(all.filter(isShort).map(({ wire }) => wire)))).toBe(true);
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

  test.each([
    ['a packet that is no PUBLISH', packet(0x90, Buffer.alloc(500)), true],
    ['a PUBLISH of a stranger', publish('a', 500, 1, 7), false],
  ])('%s ends the connection, after what came before it', (_, wire, discard) => {
    const before = publish('a', 10, 0, 0);
    const result = passed(Buffer.concat([before, wire]), [64], discard);
    expect(result.bytes.equals(before)).toBe(true);
    expect(result.fault).toMatch(/bytes; at most 300 are taken/);
  });

  test('a length that never ends is a fault at its fifth byte', () => {
    expect(passed(Buffer.alloc(6, 0xff), [1]).fault).toBe('a packet whose length is none');
  });
});
