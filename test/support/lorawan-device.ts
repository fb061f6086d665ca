/**
 * A LoRaWAN 1.0.x device for tests: joins, sends, listens in its two windows only, obeys MAC commands and answers them.
 * It plays the device's side with the pure code of the regions and frames, none of the network server's.
 */
import {
  createSessionKeys,
  cryptPayload,
  type SessionKeys,
  verifyMic,
} from '../../src/gateway/lorawan/crypto.ts';
import { encodeDataFrame } from '../../src/gateway/lorawan/encode.ts';
import { type DataFrame, parseFrame } from '../../src/gateway/lorawan/frame.ts';
import { deriveSessionKeys } from '../../src/gateway/lorawan/join.ts';
import type { DownlinkCommand, LinkAdrReq, UplinkCommand } from '../../src/gateway/mac/command.ts';
import { initialLink, joinedLink, knownChannels, type LinkState } from '../../src/gateway/mac/link.ts';
import { carries, channelNumbers } from '../../src/gateway/region/channels.ts';
import { applyMasks } from '../../src/gateway/region/mask.ts';
import { dataRateAt } from '../../src/gateway/region/rates.ts';
import type { Region } from '../../src/gateway/region/region.ts';
import { rx1DataRate, rx1Frequency } from '../../src/gateway/region/window.ts';
import { decodeDownlinkCommands, encodeUplinkCommands } from './device-commands.ts';
import { encodeJoinRequest, readJoinAccept } from './device-join.ts';
import { uplinkPower } from './region-facts.ts';

export interface DeviceIdentity {
  readonly devEui: string;
  readonly joinEui: string;
  readonly appKey: string;
  readonly region: Region;
  /** Personalised: the session it has from the start. */
  readonly abp?: { readonly devAddr: string; readonly nwkSKey: string; readonly appSKey: string };
}

/** A frame on the air. */
export interface OnAir {
  readonly phyPayload: Uint8Array;
  /** Hertz. */
  readonly frequency: number;
  /** 'SF7BW125' */
  readonly dataRate: string;
}

/** A window after the device's own frame. */
export interface Window {
  readonly delayMs: number;
  readonly frequency: number;
  readonly dataRate: string;
}

/** What the device made of a downlink. */
export interface Received {
  readonly fCnt: number;
  readonly ack: boolean;
  readonly adr: boolean;
  readonly confirmed: boolean;
  readonly fPending: boolean;
  readonly fPort: number | null;
  readonly payload: Uint8Array;
  readonly commands: readonly DownlinkCommand[];
}

export interface LorawanDevice {
  readonly devEui: string;
  /** The next join request, with a DevNonce never used before. */
  joinRequest(): OnAir;
  /** Whether it was a join accept for this device; then its session is open. */
  acceptJoin(phyPayload: Uint8Array): boolean;
  /** The next data frame; with it go the answers to the commands of the last downlink. */
  uplink(of?: UplinkOptions): OnAir;
  /** The last frame once more, as a device does that hears no acknowledgement. */
  repeat(): OnAir;
  /** RX1 and RX2 after the last frame. */
  windows(): readonly Window[];
  /** A downlink heard in one of the windows; undefined when it is not for this device, or an old one. */
  receive(phyPayload: Uint8Array): Received | undefined;
  /** As it stands. */
  link(): LinkState;
  devAddr(): string;
  nextFCntUp(): number;
  lastFCntDown(): number | undefined;
  /** dBm. */
  power(): number;
  /** Goes down to the slowest rate and up to full power, as a device does that has long heard nothing. */
  fallBack(): void;
  /** Forgets counters and all it was told, as a personalised device without memory does. */
  reset(): void;
  /** Its next frame has this counter. */
  skipTo(fCnt: number): void;
}

export interface UplinkOptions {
  readonly payload?: Uint8Array;
  readonly fPort?: number;
  readonly confirmed?: boolean;
  readonly adr?: boolean;
  readonly adrAckReq?: boolean;
  readonly commands?: readonly UplinkCommand[];
  /** Says that the last confirmed downlink came; done by itself unless false. */
  readonly ack?: boolean;
  /** Index into the channels in use; one after the other unless given. */
  readonly channel?: number;
}

const JOIN_DELAY_MS = 5_000;

/** A device that has not joined yet, or is personalised. */
export function createLorawanDevice(identity: DeviceIdentity): LorawanDevice {
  const { devEui, joinEui, appKey, region } = identity;
  let devNonce = 0;
  let joining = false;
  let session: { devAddr: string; keys: SessionKeys } | undefined;
  let link = { ...initialLink(region), dataRate: region.joinDataRates.at(-1) ?? 0 };
  let fCntUp = 0;
  let fCntDown: number | undefined;
  let answers: UplinkCommand[] = [];
  let oweAck = false;
  let last: (OnAir & { rate: number }) | undefined;
  let turn = 0;

  if (identity.abp) {
    const { devAddr, nwkSKey, appSKey } = identity.abp;
    session = { devAddr, keys: createSessionKeys(nwkSKey, appSKey) };
  }

  function send(phyPayload: Uint8Array, channel?: number): OnAir {
    const known = knownChannels(region, link);
    const usable = link.enabled.filter((number) => {
      const found = known[number];
      return found !== undefined && carries(found, link.dataRate);
    });
    const number = usable[(channel ?? turn++) % usable.length] ?? 0;
    const frequency = known[number]?.frequency ?? 0;
    last = { phyPayload, frequency, dataRate: nameOf(link.dataRate, 'up'), rate: link.dataRate };
    return last;
  }

  function nameOf(rate: number, direction: 'up' | 'down'): string {
    const found = dataRateAt(region, rate, direction);
    if (!found) throw new Error(`${region.name} has no DR${rate} ${direction}`);
    return found.name;
  }

  function obey(commands: readonly DownlinkCommand[]): void {
    const block = commands.filter((command): command is LinkAdrReq => command.kind === 'LinkADRReq');
    for (const command of commands) {
      if (command.kind === 'LinkADRReq') {
        if (command === block[0]) obeyLinkAdr(block);
      } else obeyOne(command);
    }
  }

  function obeyLinkAdr(block: readonly LinkAdrReq[]): void {
    const request = block.at(-1);
    if (!request) return;
    const known = channelNumbers(knownChannels(region, link));
    const enabled = applyMasks(region, link.enabled, block, known);
    const dataRateOk = request.dataRate === 15 || dataRateAt(region, request.dataRate, 'up') !== undefined;
    const powerOk = request.txPowerIndex === 15 || request.txPowerIndex <= region.maxTxPowerIndex;
    const channelMaskOk = enabled.length > 0;
    if (dataRateOk && powerOk && channelMaskOk) {
      const dataRate = request.dataRate === 15 ? link.dataRate : request.dataRate;
      const txPowerIndex = request.txPowerIndex === 15 ? link.txPowerIndex : request.txPowerIndex;
      link = { ...link, enabled, dataRate, txPowerIndex, nbTrans: Math.max(1, request.nbTrans) };
    }
    for (const _ of block) answers.push({ kind: 'LinkADRAns', powerOk, dataRateOk, channelMaskOk });
  }

  function obeyOne(command: DownlinkCommand): void {
    switch (command.kind) {
      case 'DevStatusReq':
        answers.push({ kind: 'DevStatusAns', battery: 127, margin: 7 });
        break;
      case 'DutyCycleReq':
        answers.push({ kind: 'DutyCycleAns' });
        break;
      case 'RXParamSetupReq':
        link = {
          ...link,
          rx1Offset: command.rx1Offset,
          rx2: { frequency: command.frequency, dataRate: command.rx2DataRate },
        };
        answers.push({ kind: 'RXParamSetupAns', rx1OffsetOk: true, rx2DataRateOk: true, channelOk: true });
        break;
      case 'RXTimingSetupReq':
        link = { ...link, rx1DelayS: command.delayS };
        answers.push({ kind: 'RXTimingSetupAns' });
        break;
      case 'TxParamSetupReq': {
        const dwell = { uplink: command.uplinkDwell, downlink: command.downlinkDwell };
        link = { ...link, dwell, maxEirpIndex: command.maxEirpIndex };
        answers.push({ kind: 'TxParamSetupAns' });
        break;
      }
      case 'NewChannelReq': {
        const { index, frequency, minDataRate, maxDataRate } = command;
        link = {
          ...link,
          extraChannels: { ...link.extraChannels, [index]: { frequency, minDataRate, maxDataRate } },
          enabled: [...new Set([...link.enabled, index])].sort((a, b) => a - b),
        };
        answers.push({ kind: 'NewChannelAns', dataRatesOk: true, frequencyOk: true });
        break;
      }
      case 'DlChannelReq':
        answers.push({ kind: 'DlChannelAns', channelExists: true, frequencyOk: true });
        break;
    }
  }

  /** The frame's full counter if it is for us and newer than the last. */
  function counterOf(frame: DataFrame): number | undefined {
    if (!session || frame.devAddr !== session.devAddr || frame.direction !== 'down') return undefined;
    const next = fCntDown === undefined ? 0 : fCntDown + 1;
    const full = next + ((frame.fCnt16 - next) & 0xffff);
    return verifyMic(frame, session.keys, full) ? full : undefined;
  }

  return {
    devEui,
    joinRequest() {
      joining = true;
      link = { ...initialLink(region), dataRate: region.joinDataRates.at(-1) ?? 0 };
      return send(encodeJoinRequest({ joinEui, devEui, devNonce: devNonce++ }, appKey));
    },
    acceptJoin(phyPayload) {
      const read = readJoinAccept(phyPayload, appKey);
      if (!read.ok) return false;
      const { fields } = read;
      const keys = deriveSessionKeys(appKey, { ...fields, devNonce: devNonce - 1 });
      session = { devAddr: fields.devAddr, keys: createSessionKeys(keys.nwkSKey, keys.appSKey) };
      link = { ...joinedLink(region, fields), dataRate: link.dataRate };
      joining = false;
      fCntUp = 0;
      fCntDown = undefined;
      answers = [];
      return true;
    },
    uplink({ payload = new Uint8Array([1]), fPort = 2, confirmed = false, ...of } = {}) {
      if (!session) throw new Error('the device has not joined');
      joining = false;
      const fOpts = encodeUplinkCommands([...answers, ...(of.commands ?? [])]).subarray(0, 15);
      const fCtrl = { adr: of.adr ?? false, adrAckReq: of.adrAckReq ?? false, ack: of.ack ?? oweAck };
      answers = [];
      oweAck = false;
      const { devAddr, keys } = session;
      const fCnt = fCntUp++;
      return send(
        encodeDataFrame({ direction: 'up', devAddr, fCnt, confirmed, fCtrl, fOpts, fPort, payload }, keys),
        of.channel,
      );
    },
    repeat() {
      if (!last) throw new Error('nothing was sent yet');
      return last;
    },
    windows() {
      if (!last) return [];
      const delayMs = joining ? JOIN_DELAY_MS : link.rx1DelayS * 1000;
      const rate = rx1DataRate(region, last.rate, link.rx1Offset, link.dwell.downlink);
      const frequency = rx1Frequency(region, last.frequency);
      const rx2 = {
        delayMs: delayMs + 1000,
        frequency: link.rx2.frequency,
        dataRate: nameOf(link.rx2.dataRate, 'down'),
      };
      if (rate === undefined || frequency === undefined) return [rx2];
      return [{ delayMs, frequency, dataRate: nameOf(rate, 'down') }, rx2];
    },
    receive(phyPayload) {
      const parsed = parseFrame(phyPayload);
      if (!parsed.ok || parsed.frame.kind !== 'data' || !session) return undefined;
      const { frame } = parsed;
      const fCnt = counterOf(frame);
      if (fCnt === undefined) return undefined;
      fCntDown = fCnt;
      oweAck = frame.confirmed;
      const { direction, devAddr, fPort } = frame;
      const payload =
        fPort === null
          ? new Uint8Array(0)
          : cryptPayload(frame.frmPayload, { direction, devAddr, fCnt, fPort }, session.keys);
      const { commands } = decodeDownlinkCommands(fPort === 0 ? payload : frame.fOpts);
      obey(commands);
      const { ack, adr, fPending } = frame.fCtrl;
      return {
        fCnt,
        ack,
        adr,
        fPending,
        confirmed: frame.confirmed,
        fPort,
        payload: Uint8Array.from(payload),
        commands,
      };
    },
    link: () => link,
    devAddr: () => session?.devAddr ?? '',
    nextFCntUp: () => fCntUp,
    lastFCntDown: () => fCntDown,
    power: () => uplinkPower(region, link.txPowerIndex),
    fallBack() {
      link = { ...link, dataRate: region.adrDataRates[0], txPowerIndex: 0 };
    },
    skipTo(fCnt) {
      fCntUp = fCnt;
    },
    reset() {
      fCntUp = 0;
      fCntDown = undefined;
      answers = [];
      link = { ...initialLink(region), dataRate: region.joinDataRates.at(-1) ?? 0 };
    },
  };
}

/** dB of SNR at a gateway for a transmission power and a path loss: thermal noise in 125 kHz and 6 dB of the receiver. */
export function snrAt(powerDbm: number, pathLossDb: number): number {
  const noiseDbm = -174 + 10 * Math.log10(125_000) + 6;
  return Math.min(12, Math.max(-30, powerDbm - pathLossDb - noiseDbm));
}
