/** Requests: which are needed, in what order, when to give up, and that a willing device ends up as wanted. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerCommands } from '../../../src/gateway/mac/answer.ts';
import {
  MAX_LINK_ADR_REFUSALS,
  MAX_REFUSALS,
  MAX_SILENCES,
  sentCommands,
} from '../../../src/gateway/mac/attempt.ts';
import type { Request, UplinkCommand } from '../../../src/gateway/mac/command.ts';
import {
  initialLink,
  joinedLink,
  knownChannels,
  type LinkState,
  networkSettings,
  observeDataRate,
  usualExtras,
  type WantedLink,
} from '../../../src/gateway/mac/link.ts';
import { packCommands } from '../../../src/gateway/mac/pack.ts';
import { neededRequests, type RequestContext } from '../../../src/gateway/mac/requests.ts';
import { cfListFor } from '../../../src/gateway/region/cflist.ts';
import { subBandChannels } from '../../../src/gateway/region/channels.ts';
import { maxEirpIndex } from '../../../src/gateway/region/power.ts';
import type { Region } from '../../../src/gateway/region/region.ts';
import { REGIONS } from '../../../src/gateway/region/regions.ts';
import { channel } from '../../../src/gateway/region/shapes.ts';
import { MAC_VERSIONS, type MacVersion } from '../../../src/model/lorawan.ts';

const { EU868, US915, AS923 } = REGIONS;

function needed(link: LinkState, wanted: WantedLink, more: Partial<RequestContext> = {}) {
  return neededRequests({
    region: EU868,
    version: '1.0.3',
    wanted,
    link,
    adr: null,
    devStatus: false,
    ...more,
  });
}

/** The device's answer; `agrees` false refuses where that is possible. */
function replyTo(request: Request, agrees: boolean): UplinkCommand {
  switch (request.kind) {
    case 'LinkADRReq':
      return { kind: 'LinkADRAns', powerOk: agrees, dataRateOk: agrees, channelMaskOk: agrees };
    case 'RXParamSetupReq':
      return { kind: 'RXParamSetupAns', rx1OffsetOk: agrees, rx2DataRateOk: agrees, channelOk: agrees };
    case 'NewChannelReq':
      return { kind: 'NewChannelAns', dataRatesOk: agrees, frequencyOk: agrees };
    case 'DlChannelReq':
      return { kind: 'DlChannelAns', channelExists: agrees, frequencyOk: agrees };
    case 'DevStatusReq':
      return { kind: 'DevStatusAns', battery: 1, margin: 0 };
    case 'DutyCycleReq':
      return { kind: 'DutyCycleAns' };
    case 'RXTimingSetupReq':
      return { kind: 'RXTimingSetupAns' };
    case 'TxParamSetupReq':
      return { kind: 'TxParamSetupAns' };
  }
}

/** One downlink with what fits into FOpts, and the uplink after it. */
function exchange(region: Region, link: LinkState, requests: readonly Request[], agrees: boolean): LinkState {
  const { taken } = packCommands(requests, { maxBytes: 51, payloadBytes: 0 });
  const sent = sentCommands(link, taken);
  const context = { region, link: sent, receivedMs: 0, marginDb: 0, gatewayCount: 1, adr: true };
  return answerCommands(
    sent.pending.map((request) => replyTo(request, agrees)),
    context,
  ).link;
}

describe('neededRequests', () => {
  test('is nothing for a device that is as it should be', () => {
    const wanted = networkSettings(EU868, { extras: [] });
    expect(needed(initialLink(EU868), wanted)).toEqual({ commands: [], urgent: false });
  });

  test('is nothing after a join that told the usual channels', () => {
    const wanted = networkSettings(EU868, {
      rx1DelayS: 5,
      rx1Offset: 1,
      rx2: { frequency: 869_525_000, dataRate: 3 },
    });
    const cfList = cfListFor(EU868, '1.0.3', { extras: usualExtras(EU868), enabled: [] });
    const link = joinedLink(EU868, { rx1DelayS: 5, rx1DataRateOffset: 1, rx2DataRate: 3, cfList });
    expect(link.enabled).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(needed(link, wanted).commands).toEqual([]);
  });

  test('has the masks of a sub-band for a device that was told none, and nothing for one that was', () => {
    const enabled = subBandChannels(US915, 1);
    const wanted = networkSettings(US915, { enabled });
    expect(needed(initialLink(US915), wanted, { region: US915 }).commands).toEqual([
      { kind: 'LinkADRReq', control: 7, mask: 2, dataRate: 0, txPowerIndex: 0, nbTrans: 1 },
      { kind: 'LinkADRReq', control: 0, mask: 0xff00, dataRate: 0, txPowerIndex: 0, nbTrans: 1 },
    ]);
    const cfList = cfListFor(US915, '1.0.3', { extras: [], enabled });
    const link = joinedLink(US915, { rx1DelayS: 1, rx1DataRateOffset: 0, rx2DataRate: 8, cfList });
    expect(link.enabled).toEqual(enabled);
    expect(needed(link, wanted, { region: US915 }).commands).toEqual([]);
  });

  test('leaves data rate and power of a 1.0.4 device alone when only channels change', () => {
    const wanted = networkSettings(US915, { enabled: subBandChannels(US915, 0) });
    const { commands } = needed(initialLink(US915), wanted, { region: US915, version: '1.0.4' });
    expect(commands).toMatchObject([
      { dataRate: 15, txPowerIndex: 15 },
      { dataRate: 15, txPowerIndex: 15 },
    ]);
  });

  test('has them in the order a device can obey them, three channels at a time', () => {
    const wanted = networkSettings(AS923, {
      extras: [923_600_000, 923_800_000, 924_000_000, 924_200_000].map(channel),
      rx1DelayS: 2,
      rx1Offset: 1,
      dutyCycleExponent: 1,
      downlinkFrequencies: { 0: 923_600_000 },
    });
    const adr = { dataRate: 5, txPowerIndex: 1, nbTrans: 1 };
    const { commands, urgent } = needed(initialLink(AS923), wanted, { region: AS923, adr, devStatus: true });
    expect(commands.map(({ kind }) => kind)).toEqual([
      'TxParamSetupReq',
      'RXParamSetupReq',
      'RXTimingSetupReq',
      'DutyCycleReq',
      'LinkADRReq',
      'NewChannelReq',
      'NewChannelReq',
      'NewChannelReq',
      'DlChannelReq',
      'DevStatusReq',
    ]);
    expect(urgent).toBe(true);
    expect(commands[4]).toMatchObject({ mask: 0b11, control: 0, ...adr });
    expect(commands[5]).toMatchObject({ index: 2, frequency: 923_600_000 });
  });

  test.each<[string, MacVersion, boolean]>([
    ['AS923', '1.0.2', true],
    ['AU915', '1.0.2', false],
    ['AU915', '1.0.3', true],
    ['EU868', '1.0.4', false],
    ['US915', '1.0.4', false],
    ['IN865', '1.0.4', false],
  ])('sends TxParamSetupReq in %s to %s: %s', (name, version, expected) => {
    const region = Object.values(REGIONS).find((one) => one.name === name) ?? EU868;
    const { commands } = needed(initialLink(region), networkSettings(region), { region, version });
    expect(commands.some(({ kind }) => kind === 'TxParamSetupReq')).toBe(expected);
  });

  test('turns off a channel the network does not use', () => {
    const wanted = networkSettings(EU868, { extras: [] });
    const cfList = { kind: 'channels' as const, frequencies: [867_100_000] };
    const link = joinedLink(EU868, { rx1DelayS: 1, rx1DataRateOffset: 0, rx2DataRate: 0, cfList });
    expect(needed(link, wanted).commands).toMatchObject([{ kind: 'LinkADRReq', mask: 0b111, control: 0 }]);
  });
});

describe('giving up', () => {
  test('a request refused too often is not made again, until it changes', () => {
    const wanted = networkSettings(EU868, { extras: [], rx1Offset: 1 });
    let link = initialLink(EU868);
    for (let round = 0; round < MAX_REFUSALS; round++) {
      expect(needed(link, wanted).commands).toHaveLength(1);
      link = exchange(EU868, link, needed(link, wanted).commands, false);
    }
    expect(needed(link, wanted)).toEqual({ commands: [], urgent: false });
    expect(needed(link, { ...wanted, rx1Offset: 2 }).commands).toHaveLength(1);
  });

  test('a channel refused too often does not keep the others away', () => {
    const extras = [867_100_000, 867_300_000, 867_500_000, 867_700_000].map(channel);
    const wanted = networkSettings(EU868, { extras });
    let link = initialLink(EU868);
    for (let round = 0; round < MAX_REFUSALS; round++) {
      link = exchange(EU868, link, needed(link, wanted).commands, false);
    }
    expect(needed(link, wanted).commands).toMatchObject([{ kind: 'NewChannelReq', index: 6 }]);
  });

  test('LinkADRReq is given up as well, whatever it asks for', () => {
    const wanted = networkSettings(EU868, { extras: [] });
    let link = initialLink(EU868);
    for (let round = 0; round < MAX_LINK_ADR_REFUSALS; round++) {
      const adr = { dataRate: 1 + (round % 5), txPowerIndex: 1, nbTrans: 1 };
      link = exchange(EU868, link, needed(link, wanted, { adr }).commands, false);
    }
    expect(needed(link, wanted, { adr: { dataRate: 5, txPowerIndex: 0, nbTrans: 1 } }).commands).toEqual([]);
  });

  test('a request never answered stops being urgent, and an answer makes an end of that', () => {
    const wanted = networkSettings(EU868, { extras: [], rx1DelayS: 3 });
    let link = initialLink(EU868);
    for (let round = 0; round <= MAX_SILENCES; round++) {
      expect(needed(link, wanted).urgent).toBe(true);
      link = sentCommands(link, needed(link, wanted).commands);
    }
    expect(needed(link, wanted)).toMatchObject({ urgent: false, commands: [{ kind: 'RXTimingSetupReq' }] });
    const settled = exchange(EU868, link, needed(link, wanted).commands, true);
    expect(settled).toMatchObject({ rx1DelayS: 3, attempts: [], pending: [] });
  });
});

describe('observeDataRate', () => {
  test('takes a change by the device as a return to full power', () => {
    const link = { ...initialLink(EU868), dataRate: 5, txPowerIndex: 4 };
    expect(observeDataRate(link, 5)).toEqual({ link, changed: false });
    expect(observeDataRate(link, 4)).toEqual({
      link: { ...link, dataRate: 4, txPowerIndex: 0 },
      changed: true,
    });
  });
});

describe('a willing device', () => {
  test('is as wanted after a few exchanges, in every region and version, and a stubborn one is left in peace', () => {
    const region = fc.constantFrom(...Object.values(REGIONS));
    const settings = fc.record({
      rx1DelayS: fc.integer({ min: 1, max: 15 }),
      rx1Offset: fc.integer({ min: 0, max: 3 }),
      dutyCycleExponent: fc.integer({ min: 0, max: 15 }),
      subBand: fc.option(fc.integer({ min: 0, max: 7 })),
      extras: fc.integer({ min: 0, max: 8 }),
      dwell: fc.record({ uplink: fc.boolean(), downlink: fc.boolean() }),
      moved: fc.boolean(),
    });
    fc.assert(
      fc.property(
        region,
        fc.constantFrom(...MAC_VERSIONS),
        settings,
        fc.boolean(),
        (area, version, chosen, agrees) => {
          const { subBand, extras, moved, ...same } = chosen;
          const own = Array.from({ length: extras }, (_, index) =>
            channel(area.minFrequency + (index + 1) * 200_000),
          );
          const wanted = networkSettings(area, {
            ...same,
            extras: own,
            ...(subBand !== null &&
              area.plan.kind === 'fixed' && { enabled: subBandChannels(area, subBand) }),
            ...(moved && { downlinkFrequencies: { 0: area.minFrequency + 100_000 } }),
          });
          const adr = { dataRate: 2, txPowerIndex: 3, nbTrans: 2 };
          let link = initialLink(area);
          for (let round = 0; round < 80; round++) {
            const { commands } = needed(link, wanted, { region: area, version, adr });
            link = exchange(area, link, commands, agrees);
          }
          expect(needed(link, wanted, { region: area, version, adr }).commands).toEqual([]);
          expect(link.attempts.length).toBeLessThanOrEqual(20);
          if (!agrees) return;
          expect(link).toMatchObject({
            ...adr,
            rx1DelayS: wanted.rx1DelayS,
            rx2: wanted.rx2,
            enabled: wanted.enabled,
          });
          expect(knownChannels(area, link)).toEqual(wanted.channels);
          if (area === AS923)
            expect(link).toMatchObject({ dwell: wanted.dwell, maxEirpIndex: maxEirpIndex(16) });
        },
      ),
      { numRuns: 60 },
    );
  });
});
