/** Frames taken apart: known ones field by field, any bytes whatever without a loss, MAC commands as the network server reads them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dissect } from '../../../src/gateway/frames/dissect.ts';
import { lengthOf } from '../../../src/gateway/frames/layout.ts';
import { COMMANDS } from '../../../src/gateway/frames/mac-layout.ts';
import { openJoinAccept } from '../../../src/gateway/lorawan/join.ts';
import { DOWNLINK_BYTES, DOWNLINK_CID, UPLINK_BYTES, UPLINK_CID } from '../../../src/gateway/mac/command.ts';
import { encodeDownlinkCommands } from '../../../src/gateway/mac/encode.ts';
import type { FramePart } from '../../../src/model/frame.ts';
import { encodeUplinkCommands } from '../../support/device-commands.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const named = (parts: readonly FramePart[], name: string) => parts.find((part) => part.name === name);
/** 'ADR 1': the fields of a part. */
const fields = (part: FramePart | undefined) => part?.fields.map(({ name, value }) => `${name} ${value}`);

/** FOpts of 3 bytes (LinkADRAns, LinkCheckReq), FPort 1, four bytes of payload, MIC. */
const UPLINK = '80f17dbe49a3020003070201954378762b11ff0d';

describe('a frame to the bit', () => {
  test('an uplink: header, flags, MAC commands, port and payload, each with its clause', () => {
    const parts = dissect(hex(UPLINK), { payload: Buffer.from('test'), fCnt: 0x1_0002 });
    expect(parts.map(({ name, inside, clause }) => [inside, name, clause].filter(Boolean).join(' '))).toEqual(
      [
        'MHDR 4.2',
        'DevAddr 6.1.1',
        'FCtrl 4.3.1',
        'FCnt 4.3.1.5',
        'FOpts 4.3.1.6',
        'FOpts LinkADRAns 5.2',
        'FOpts LinkCheckReq 5.1',
        'FPort 4.3.2',
        'FRMPayload 4.3.3',
        'MIC 4.4',
      ],
    );
    expect(fields(named(parts, 'MHDR'))).toEqual(['MType Confirmed Data Up', 'RFU 0', 'Major LoRaWAN R1']);
    expect(named(parts, 'MHDR')?.fields[0]).toMatchObject({ bits: '100', clause: '4.2.1' });
    expect(named(parts, 'DevAddr')).toMatchObject({ value: '49be7df1', bytes: 'f17dbe49', offset: 1 });
    expect(fields(named(parts, 'FCtrl'))).toEqual([
      'ADR 1',
      'ADRACKReq 0',
      'ACK 1',
      'Class B 0',
      'FOptsLen 3 bytes',
    ]);
    expect(named(parts, 'FCnt')?.value).toBe('2, of 65538');
    expect(fields(named(parts, 'LinkADRAns'))).toEqual([
      'RFU 0',
      'Power ACK 1 (yes)',
      'Data rate ACK 1 (yes)',
      'Channel mask ACK 1 (yes)',
    ]);
    expect(named(parts, 'LinkCheckReq')).toMatchObject({ offset: 10, bytes: '02' });
    expect(named(parts, 'FPort')?.value).toBe('1 (application)');
    expect(named(parts, 'FRMPayload')).toMatchObject({ bytes: '95437876', clear: '74657374' });
  });

  test('without a key the payload stays encrypted, and is not read as commands', () => {
    const onPort0 = dissect(hex('40f17dbe490002000006ff1c2b11ff0d'), undefined);
    expect(named(onPort0, 'FRMPayload')).toMatchObject({ encrypted: true, bytes: '06ff1c' });
    expect(named(onPort0, 'FRMPayload')?.clear).toBeUndefined();
    expect(named(onPort0, 'DevStatusAns')).toBeUndefined();
    const opened = dissect(hex('40f17dbe490002000006ff1c2b11ff0d'), { payload: hex('06ff3c'), fCnt: 2 });
    expect(fields(named(opened, 'DevStatusAns'))).toEqual([
      'Battery 255 (not known)',
      'RFU 0',
      'Margin -4 dB',
    ]);
    expect(named(opened, 'DevStatusAns')?.inside).toBe('FRMPayload');
  });

  test('a join request, and a join accept by the key of its device alone', () => {
    const request = dissect(hex('00bc0a00d07ed5b3700100000000d5b3708ef12b11ff0d'.padEnd(46, '0')), undefined);
    expect(named(request, 'DevNonce')?.value).toBe(String(0xf18e));
    const bytes = hex('204DD85AE608B87FC4889970B7D2042C9E72959B0057AED6094B16003DF12DE145');
    expect(openJoinAccept(bytes, '00'.repeat(16))).toBeUndefined();
    const closed = dissect(bytes, undefined);
    expect(closed.map(({ name, encrypted }) => [name, encrypted])).toEqual([
      ['MHDR', undefined],
      ['JoinNonce … CFList, MIC', true],
    ]);
    const accept = openJoinAccept(bytes, 'B6B53F4A168A7A88BDF7EA135CE9CFCA') as Uint8Array;
    const parts = dissect(bytes, { accept });
    expect(parts.map(({ name, value }) => [name, value])).toEqual([
      ['MHDR', undefined],
      ['JoinNonce', 'e5063a'],
      ['NetID', '000013'],
      ['DevAddr', '26012e43'],
      ['DLSettings', undefined],
      ['RxDelay', undefined],
      ['CFList', undefined],
      ['MIC', undefined],
    ]);
    expect(fields(named(parts, 'DLSettings'))).toEqual(['RFU 0', 'RX1DROffset 0', 'RX2DataRate 3']);
    expect(fields(named(parts, 'RxDelay'))).toEqual(['RFU 0', 'Del 1 s']);
    expect(fields(named(parts, 'CFList'))).toEqual([
      'Frequency 1 867.1 MHz',
      'Frequency 2 867.3 MHz',
      'Frequency 3 867.5 MHz',
      'Frequency 4 867.7 MHz',
      'Frequency 5 867.9 MHz',
      'CFListType 0',
    ]);
    expect(named(parts, 'MIC')?.clear).toBe('55121de0');
  });

  test('any bytes whatever: the parts are the frame, in its order, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 255 }),
        fc.constantFrom(0x00, 0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe1),
        fc.uint8Array({ maxLength: 242 }),
        (rest, mhdr, payload) => {
          const bytes = Uint8Array.from([mhdr, ...rest.subarray(0, 254)]);
          for (const opened of [undefined, { payload, fCnt: 7 }, { accept: payload }]) {
            const parts = dissect(bytes, opened);
            const outer = parts.filter(({ inside }) => inside === undefined);
            expect(outer.map((part) => part.bytes).join('')).toBe(Buffer.from(bytes).toString('hex'));
            let at = 0;
            for (const part of outer) {
              expect(part.offset).toBe(at);
              at += part.bytes.length / 2;
            }
          }
        },
      ),
    );
    expect(dissect(new Uint8Array(0), undefined)).toEqual([]);
  });
});

describe('MAC commands to the bit', () => {
  test('each is as long as the network server takes it for', () => {
    for (const [cids, sizes, layouts] of [
      [UPLINK_CID, UPLINK_BYTES, COMMANDS.up],
      [DOWNLINK_CID, DOWNLINK_BYTES, COMMANDS.down],
    ] as const) {
      for (const [name, cid] of Object.entries(cids)) {
        const layout = layouts.get(cid);
        expect(layout?.name).toBe(name);
        expect(1 + lengthOf(layout?.groups ?? []), name).toBe(sizes[name as keyof typeof sizes]);
        for (const { bytes, fields: bits } of layout?.groups ?? [])
          expect(
            bits.reduce((sum, [, width]) => sum + width, 0),
            name,
          ).toBe(bytes * 8);
      }
    }
  });

  test('what the network server writes reads as it was meant', () => {
    const commands = encodeDownlinkCommands([
      { kind: 'LinkADRReq', dataRate: 5, txPowerIndex: 1, mask: 0x00ff, control: 0, nbTrans: 2 },
      { kind: 'RXParamSetupReq', rx1Offset: 2, rx2DataRate: 3, frequency: 869_525_000 },
    ]);
    const down = hex(
      `60f17dbe49${(0x80 | commands.length).toString(16)}0200${Buffer.from(commands).toString('hex')}00000000`,
    );
    const parts = dissect(down, undefined);
    expect(fields(named(parts, 'LinkADRReq'))).toEqual([
      'DataRate 5',
      'TXPower 1',
      'ChMask 0000000011111111',
      'RFU 0',
      'ChMaskCntl 0',
      'NbTrans 2',
    ]);
    expect(fields(named(parts, 'RXParamSetupReq'))).toEqual([
      'RFU 0',
      'RX1DROffset 2',
      'RX2DataRate 3',
      'Frequency 869.525 MHz',
    ]);
  });

  test('behind a command that is not known, or cut off, nothing is guessed', () => {
    const known = Buffer.from(encodeUplinkCommands([{ kind: 'LinkCheckReq' }])).toString('hex');
    const unknown = dissect(hex(`40f17dbe49030200${known}aa0200000000`), undefined);
    expect(
      unknown.filter(({ inside }) => inside).map(({ name, bytes, value }) => [name, bytes, value]),
    ).toEqual([
      ['LinkCheckReq', '02', undefined],
      ['?', 'aa02', 'not a command of this specification'],
    ]);
    const cut = dissect(hex('40f17dbe490202000600' + '00000000'), undefined);
    expect(named(cut, 'DevStatusAns')).toMatchObject({ bytes: '0600', value: 'cut off', fields: [] });
  });
});
