/** Answers to a device, and what its answers change. */
import { describe, expect, test } from 'vitest';
import { type AnswerContext, answerCommands } from '../../../src/gateway/mac/answer.ts';
import { sentCommands } from '../../../src/gateway/mac/attempt.ts';
import type { Request, UplinkCommand } from '../../../src/gateway/mac/command.ts';
import { gpsTime } from '../../../src/gateway/mac/gps.ts';
import { initialLink, type LinkState } from '../../../src/gateway/mac/link.ts';
import { EU868 } from '../../../src/gateway/region/eu868.ts';
import { US915 } from '../../../src/gateway/region/us915.ts';

const adr: Request = { kind: 'LinkADRReq', dataRate: 5, txPowerIndex: 2, mask: 0b11, control: 0, nbTrans: 2 };
const yes: UplinkCommand = { kind: 'LinkADRAns', powerOk: true, dataRateOk: true, channelMaskOk: true };

function context(requests: readonly Request[], more: Partial<AnswerContext> = {}): AnswerContext {
  const link = sentCommands(initialLink(EU868), requests);
  return { region: EU868, link, receivedMs: 0, marginDb: 0, gatewayCount: 1, adr: true, ...more };
}

describe('questions', () => {
  test('LinkCheckReq gets margin and gateways, once', () => {
    const asked = context([], { marginDb: 17.9, gatewayCount: 3 });
    const { answers } = answerCommands([{ kind: 'LinkCheckReq' }, { kind: 'LinkCheckReq' }], asked);
    expect(answers).toEqual([{ kind: 'LinkCheckAns', marginDb: 17, gatewayCount: 3 }]);
  });

  test('a margin below zero is told as zero', () => {
    const { answers } = answerCommands([{ kind: 'LinkCheckReq' }], context([], { marginDb: -3 }));
    expect(answers).toEqual([{ kind: 'LinkCheckAns', marginDb: 0, gatewayCount: 1 }]);
  });

  test('DeviceTimeReq gets the time of reception', () => {
    const receivedMs = Date.UTC(2024, 0, 1) + 500;
    const { answers } = answerCommands([{ kind: 'DeviceTimeReq' }], context([], { receivedMs }));
    expect(answers).toEqual([{ kind: 'DeviceTimeAns', gpsSeconds: 1_388_102_418, fraction: 128 }]);
  });
});

describe('gpsTime', () => {
  test.each([
    [Date.UTC(1980, 0, 6), 18, 0],
    [Date.UTC(2018, 0, 1), 1_198_800_018, 0],
    [Date.UTC(1970, 0, 1), 0, 0],
    [Date.UTC(2018, 0, 1) + 999, 1_198_800_018, 255],
    [Date.UTC(2030, 5, 1, 12, 30) + 123, 1_590_582_618, 31],
  ])('of %i is %i s and %i/256', (utcMs, gpsSeconds, fraction) => {
    expect(gpsTime(utcMs)).toEqual({ gpsSeconds, fraction });
  });
});

describe('LinkADRAns', () => {
  test('yes settles data rate, power, repetitions and channels', () => {
    const { link, events, adrChanged } = answerCommands([yes], context([adr]));
    expect(link).toMatchObject({ dataRate: 5, txPowerIndex: 2, nbTrans: 2, enabled: [0, 1], pending: [] });
    expect(events).toEqual([{ kind: 'accepted', request: adr }]);
    expect(adrChanged).toBe(true);
  });

  test('one answer or one for each of a block settles the block', () => {
    const off: Request = { ...adr, control: 7, mask: 0 };
    const on: Request = { ...adr, control: 0, mask: 0xff00 };
    const asked = (): AnswerContext => ({
      ...context([]),
      region: US915,
      link: sentCommands(initialLink(US915), [off, on]),
    });
    const enabled = [8, 9, 10, 11, 12, 13, 14, 15];
    expect(answerCommands([yes], asked()).link).toMatchObject({ enabled, pending: [] });
    expect(answerCommands([yes, yes], asked()).link).toMatchObject({ enabled, pending: [] });
    const half = answerCommands([yes, { ...yes, channelMaskOk: false }], asked());
    expect(half.link.enabled).toHaveLength(72);
    expect(half.events).toMatchObject([{ kind: 'refused' }]);
  });

  test('no changes nothing and is counted', () => {
    const asked = context([adr]);
    const { link, adrChanged } = answerCommands([{ ...yes, dataRateOk: false }], asked);
    expect(link).toEqual({
      ...asked.link,
      pending: [],
      attempts: [{ key: 'LinkADRReq', request: '', refused: 1, unanswered: 0 }],
    });
    expect(adrChanged).toBe(false);
  });

  test('no to a power makes the next higher power the limit', () => {
    const no = { ...yes, powerOk: false };
    expect(answerCommands([no], context([adr])).link).toMatchObject({ maxTxPowerIndex: 1, txPowerIndex: 0 });
    const zero = answerCommands([no], context([{ ...adr, txPowerIndex: 0 }])).link;
    expect(zero).toMatchObject({ minTxPowerIndex: 1, txPowerIndex: 1, maxTxPowerIndex: null });
  });

  test('a device without ADR need accept the mask only', () => {
    const answer: UplinkCommand = { ...yes, powerOk: false, dataRateOk: false };
    const { link } = answerCommands([answer], context([adr], { adr: false }));
    expect(link).toMatchObject({ enabled: [0, 1], dataRate: 0, txPowerIndex: 0, nbTrans: 2 });
  });

  test('15 asks for no change', () => {
    const asked = context([{ ...adr, dataRate: 15, txPowerIndex: 15, nbTrans: 1 }]);
    const { link, adrChanged } = answerCommands([yes], asked);
    expect(link).toMatchObject({ dataRate: 0, txPowerIndex: 0, enabled: [0, 1] });
    expect(adrChanged).toBe(false);
  });
});

describe('other answers', () => {
  test.each<[Request, UplinkCommand, Partial<LinkState>]>([
    [
      { kind: 'RXParamSetupReq', rx1Offset: 2, rx2DataRate: 3, frequency: 869_525_000 },
      { kind: 'RXParamSetupAns', rx1OffsetOk: true, rx2DataRateOk: true, channelOk: true },
      { rx1Offset: 2, rx2: { frequency: 869_525_000, dataRate: 3 } },
    ],
    [{ kind: 'RXTimingSetupReq', delayS: 5 }, { kind: 'RXTimingSetupAns' }, { rx1DelayS: 5 }],
    [
      { kind: 'TxParamSetupReq', downlinkDwell: true, uplinkDwell: false, maxEirpIndex: 5 },
      { kind: 'TxParamSetupAns' },
      { dwell: { uplink: false, downlink: true }, maxEirpIndex: 5 },
    ],
    [{ kind: 'DutyCycleReq', exponent: 7 }, { kind: 'DutyCycleAns' }, { dutyCycleExponent: 7 }],
    [
      { kind: 'NewChannelReq', index: 3, frequency: 867_100_000, minDataRate: 0, maxDataRate: 5 },
      { kind: 'NewChannelAns', dataRatesOk: true, frequencyOk: true },
      {
        extraChannels: { 3: { frequency: 867_100_000, minDataRate: 0, maxDataRate: 5 } },
        enabled: [0, 1, 2, 3],
      },
    ],
    [
      { kind: 'DlChannelReq', index: 1, frequency: 867_100_000 },
      { kind: 'DlChannelAns', channelExists: true, frequencyOk: true },
      { downlinkFrequencies: { 1: 867_100_000 } },
    ],
  ])('yes to %o', (request, answer, expected) => {
    const { link, events } = answerCommands([answer], context([request]));
    expect(link).toMatchObject({ ...expected, pending: [], attempts: [] });
    expect(events).toEqual([{ kind: 'accepted', request }]);
  });

  test.each<[Request, UplinkCommand, string]>([
    [
      { kind: 'RXParamSetupReq', rx1Offset: 2, rx2DataRate: 3, frequency: 869_525_000 },
      { kind: 'RXParamSetupAns', rx1OffsetOk: true, rx2DataRateOk: false, channelOk: true },
      'RXParamSetupReq',
    ],
    [
      { kind: 'NewChannelReq', index: 3, frequency: 867_100_000, minDataRate: 0, maxDataRate: 5 },
      { kind: 'NewChannelAns', dataRatesOk: false, frequencyOk: true },
      'NewChannelReq 3',
    ],
    [
      { kind: 'DlChannelReq', index: 1, frequency: 867_100_000 },
      { kind: 'DlChannelAns', channelExists: false, frequencyOk: true },
      'DlChannelReq 1',
    ],
  ])('no to %o', (request, answer, key) => {
    const asked = context([request]);
    const { link, events } = answerCommands([answer], asked);
    expect(events).toEqual([{ kind: 'refused', request, answer }]);
    expect(link).toMatchObject({ pending: [], attempts: [{ key, refused: 1 }] });
    expect({ ...link, attempts: [] }).toEqual({ ...asked.link, pending: [] });
  });

  test('several channels are answered in their order', () => {
    const channel = (index: number): Request => ({
      kind: 'NewChannelReq',
      index,
      frequency: 867_000_000 + index * 200_000,
      minDataRate: 0,
      maxDataRate: 5,
    });
    const ok: UplinkCommand = { kind: 'NewChannelAns', dataRatesOk: true, frequencyOk: true };
    const asked = context([channel(3), channel(4), channel(5)]);
    const { link } = answerCommands([ok, { ...ok, frequencyOk: false }, ok], asked);
    expect(link.enabled).toEqual([0, 1, 2, 3, 5]);
    expect(link.attempts).toMatchObject([{ key: 'NewChannelReq 4' }]);
  });

  test('frequency 0 removes a channel', () => {
    const add: Request = {
      kind: 'NewChannelReq',
      index: 3,
      frequency: 867_100_000,
      minDataRate: 0,
      maxDataRate: 5,
    };
    const ok: UplinkCommand = { kind: 'NewChannelAns', dataRatesOk: true, frequencyOk: true };
    const added = answerCommands([ok], context([add])).link;
    const removal = sentCommands(added, [{ ...add, frequency: 0 }]);
    expect(answerCommands([ok], { ...context([]), link: removal }).link).toMatchObject({
      extraChannels: {},
      enabled: [0, 1, 2],
    });
  });

  test('DevStatusAns is told', () => {
    const { events } = answerCommands([{ kind: 'DevStatusAns', battery: 254, margin: 7 }], context([]));
    expect(events).toEqual([{ kind: 'device_status', battery: 254, margin: 7 }]);
  });

  test('an answer to nothing changes nothing', () => {
    const asked = context([]);
    const { link, events, answers } = answerCommands([yes, { kind: 'RXTimingSetupAns' }], asked);
    expect(link).toEqual(asked.link);
    expect(answers).toEqual([]);
    expect(events.map(({ kind }) => kind)).toEqual(['unsolicited', 'unsolicited']);
  });
});
