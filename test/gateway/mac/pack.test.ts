/** Packing MAC commands: into FOpts, alone on FPort 0, or what fits of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DownlinkCommand } from '../../../src/gateway/mac/command.ts';
import { packCommands } from '../../../src/gateway/mac/pack.ts';
import { decodeDownlinkCommands } from '../../support/device-commands.ts';

const linkAdr = (control: number): DownlinkCommand => ({
  kind: 'LinkADRReq',
  dataRate: 5,
  txPowerIndex: 0,
  mask: 7,
  control,
  nbTrans: 1,
});
const time: DownlinkCommand = { kind: 'DeviceTimeAns', gpsSeconds: 1, fraction: 0 };
const status: DownlinkCommand = { kind: 'DevStatusReq' };

describe('packCommands', () => {
  test('puts up to 15 bytes into FOpts', () => {
    const packed = packCommands([time, linkAdr(0), status], { maxBytes: 51, payloadBytes: 20 });
    expect(packed).toMatchObject({ port0: null, taken: [time, linkAdr(0), status], left: [] });
    expect(decodeDownlinkCommands(packed.fOpts).commands).toEqual(packed.taken);
  });

  test('puts more than that on FPort 0 when no payload goes along', () => {
    const commands = [time, linkAdr(7), linkAdr(0), status];
    const packed = packCommands(commands, { maxBytes: 51, payloadBytes: 0 });
    expect(packed.fOpts).toHaveLength(0);
    expect(packed.left).toEqual([]);
    expect(decodeDownlinkCommands(packed.port0 ?? new Uint8Array(0)).commands).toEqual(commands);
  });

  test('leaves the rest for later when a payload goes along, and never cuts a block of LinkADRReq', () => {
    const packed = packCommands([time, linkAdr(7), linkAdr(0), status], { maxBytes: 51, payloadBytes: 20 });
    expect(packed.taken).toEqual([time]);
    expect(packed.left).toEqual([linkAdr(7), linkAdr(0), status]);
    expect(packed.port0).toBeNull();
  });

  test('keeps the size of the slowest window', () => {
    const packed = packCommands([time, linkAdr(0)], { maxBytes: 11, payloadBytes: 2 });
    expect(packed.taken).toEqual([time]);
    expect(packed.fOpts).toHaveLength(6);
    expect(packCommands([time], { maxBytes: 0, payloadBytes: 0 }).left).toEqual([time]);
  });

  test('loses and reorders nothing and never takes more than fits', () => {
    const commands = fc.array(fc.constantFrom(time, status, linkAdr(0), linkAdr(1)), { maxLength: 20 });
    const size = fc.integer({ min: 0, max: 242 });
    fc.assert(
      fc.property(commands, size, size, (list, maxBytes, payloadBytes) => {
        const packed = packCommands(list, { maxBytes, payloadBytes });
        expect([...packed.taken, ...packed.left]).toEqual(list);
        expect(packed.fOpts.length).toBeLessThanOrEqual(15);
        if (packed.port0) expect(payloadBytes).toBe(0);
        const bytes = packed.fOpts.length + (packed.port0?.length ?? 0);
        if (bytes > 0) expect(bytes + payloadBytes).toBeLessThanOrEqual(maxBytes);
        const [last, next] = [packed.taken.at(-1), packed.left[0]];
        expect(last?.kind === 'LinkADRReq' && next?.kind === 'LinkADRReq').toBe(false);
      }),
    );
  });
});
