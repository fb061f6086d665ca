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
import type { DownlinkCommand, UplinkCommand } from '../../src/gateway/mac/command.ts';
import { initialLink, joinedLink, knownChannels, type LinkState } from '../../src/gateway/mac/link.ts';
import { carries } from '../../src/gateway/region/channels.ts';
import { dataRateAt } from '../../src/gateway/region/rates.ts';
import type { Region } from '../../src/gateway/region/region.ts';
import { rx1DataRate, rx1Frequency } from '../../src/gateway/region/window.ts';
import { decodeDownlinkCommands, encodeUplinkCommands } from './device-commands.ts';
import { encodeJoinRequest, readJoinAccept } from './device-join.ts';
import { obey } from './device-mac.ts';
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

/** What the device remembers. */
interface Memory {
  readonly region: Region;
  /** Of the next join request. */
  devNonce: number;
  /** Its last frame was a join request. */
  joining: boolean;
  session: { readonly devAddr: string; readonly keys: SessionKeys } | undefined;
  link: LinkState;
  fCntUp: number;
  fCntDown: number | undefined;
  /** To the commands of the last downlink. */
  answers: readonly UplinkCommand[];
  oweAck: boolean;
  last: (OnAir & { readonly rate: number }) | undefined;
  /** Counts the frames, for the channel of the next. */
  turn: number;
}

/** A device that has not joined yet, or is personalised. */
export function createLorawanDevice(identity: DeviceIdentity): LorawanDevice {
  const { devEui, joinEui, appKey, region, abp } = identity;
  const memory: Memory = {
    region,
    devNonce: 0,
    joining: false,
    session: abp && { devAddr: abp.devAddr, keys: createSessionKeys(abp.nwkSKey, abp.appSKey) },
    link: freshLink(region),
    fCntUp: 0,
    fCntDown: undefined,
    answers: [],
    oweAck: false,
    last: undefined,
    turn: 0,
  };
  return {
    devEui,
    joinRequest() {
      memory.joining = true;
      memory.link = freshLink(region);
      return send(memory, encodeJoinRequest({ joinEui, devEui, devNonce: memory.devNonce++ }, appKey));
    },
    acceptJoin: (phyPayload) => openSession(memory, appKey, phyPayload),
    uplink: (of) => sendData(memory, of),
    repeat() {
      if (!memory.last) throw new Error('nothing was sent yet');
      return memory.last;
    },
    windows: () => windowsOf(memory),
    receive: (phyPayload) => hearDownlink(memory, phyPayload),
    link: () => memory.link,
    devAddr: () => memory.session?.devAddr ?? '',
    nextFCntUp: () => memory.fCntUp,
    lastFCntDown: () => memory.fCntDown,
    power: () => uplinkPower(region, memory.link.txPowerIndex),
    fallBack() {
      memory.link = { ...memory.link, dataRate: region.adrDataRates[0], txPowerIndex: 0 };
    },
    skipTo(fCnt) {
      memory.fCntUp = fCnt;
    },
    reset() {
      forgetCounters(memory);
      memory.link = freshLink(region);
    },
  };
}

function freshLink(region: Region): LinkState {
  return { ...initialLink(region), dataRate: region.joinDataRates.at(-1) ?? 0 };
}

function forgetCounters(memory: Memory): void {
  memory.fCntUp = 0;
  memory.fCntDown = undefined;
  memory.answers = [];
}

function send(memory: Memory, phyPayload: Uint8Array, channel?: number): OnAir {
  const { region, link } = memory;
  const known = knownChannels(region, link);
  const usable = link.enabled.filter((number) => {
    const found = known[number];
    return found !== undefined && carries(found, link.dataRate);
  });
  const number = usable[(channel ?? memory.turn++) % usable.length] ?? 0;
  const frequency = known[number]?.frequency ?? 0;
  const dataRate = nameOf(region, link.dataRate, 'up');
  memory.last = { phyPayload, frequency, dataRate, rate: link.dataRate };
  return memory.last;
}

function nameOf(region: Region, rate: number, direction: 'up' | 'down'): string {
  const found = dataRateAt(region, rate, direction);
  if (!found) throw new Error(`${region.name} has no DR${rate} ${direction}`);
  return found.name;
}

function openSession(memory: Memory, appKey: string, phyPayload: Uint8Array): boolean {
  const read = readJoinAccept(phyPayload, appKey);
  if (!read.ok) return false;
  const { fields } = read;
  const keys = deriveSessionKeys(appKey, { ...fields, devNonce: memory.devNonce - 1 });
  memory.session = { devAddr: fields.devAddr, keys: createSessionKeys(keys.nwkSKey, keys.appSKey) };
  memory.link = { ...joinedLink(memory.region, fields), dataRate: memory.link.dataRate };
  memory.joining = false;
  forgetCounters(memory);
  return true;
}

function sendData(
  memory: Memory,
  { payload = new Uint8Array([1]), fPort = 2, confirmed = false, ...of }: UplinkOptions = {},
): OnAir {
  if (!memory.session) throw new Error('the device has not joined');
  memory.joining = false;
  const fOpts = encodeUplinkCommands([...memory.answers, ...(of.commands ?? [])]).subarray(0, 15);
  const ack = of.ack ?? memory.oweAck;
  const fCtrl = { adr: of.adr ?? false, adrAckReq: of.adrAckReq ?? false, ack };
  memory.answers = [];
  memory.oweAck = false;
  const { devAddr, keys } = memory.session;
  const fCnt = memory.fCntUp++;
  const frame = { direction: 'up', devAddr, fCnt, confirmed, fCtrl, fOpts, fPort, payload } as const;
  return send(memory, encodeDataFrame(frame, keys), of.channel);
}

function windowsOf({ region, link, last, joining }: Memory): readonly Window[] {
  if (!last) return [];
  const delayMs = joining ? JOIN_DELAY_MS : link.rx1DelayS * 1000;
  const rate = rx1DataRate(region, last.rate, link.rx1Offset, link.dwell.downlink);
  const frequency = rx1Frequency(region, last.frequency);
  const rx2 = {
    delayMs: delayMs + 1000,
    frequency: link.rx2.frequency,
    dataRate: nameOf(region, link.rx2.dataRate, 'down'),
  };
  if (rate === undefined || frequency === undefined) return [rx2];
  return [{ delayMs, frequency, dataRate: nameOf(region, rate, 'down') }, rx2];
}

function hearDownlink(memory: Memory, phyPayload: Uint8Array): Received | undefined {
  const { session, region } = memory;
  const parsed = parseFrame(phyPayload);
  if (!parsed.ok || parsed.frame.kind !== 'data' || !session) return undefined;
  const { frame } = parsed;
  const fCnt = counterOf(memory, frame);
  if (fCnt === undefined) return undefined;
  memory.fCntDown = fCnt;
  memory.oweAck = frame.confirmed;
  const { direction, devAddr, fPort, confirmed } = frame;
  const payload =
    fPort === null
      ? new Uint8Array(0)
      : cryptPayload(frame.frmPayload, { direction, devAddr, fCnt, fPort }, session.keys);
  const { commands } = decodeDownlinkCommands(fPort === 0 ? payload : frame.fOpts);
  const { link, answers } = obey(region, memory.link, commands);
  memory.link = link;
  memory.answers = [...memory.answers, ...answers];
  const { ack, adr, fPending } = frame.fCtrl;
  return { fCnt, ack, adr, fPending, confirmed, fPort, payload: Uint8Array.from(payload), commands };
}

/** The frame's full counter if it is for us and newer than the last. */
function counterOf({ session, fCntDown }: Memory, frame: DataFrame): number | undefined {
  if (!session || frame.devAddr !== session.devAddr || frame.direction !== 'down') return undefined;
  const next = fCntDown === undefined ? 0 : fCntDown + 1;
  const full = next + ((frame.fCnt16 - next) & 0xffff);
  return verifyMic(frame, session.keys, full) ? full : undefined;
}

/** dB of SNR at a gateway for a transmission power and a path loss: thermal noise in 125 kHz and 6 dB of the receiver. */
export function snrAt(powerDbm: number, pathLossDb: number): number {
  const noiseDbm = -174 + 10 * Math.log10(125_000) + 6;
  return Math.min(12, Math.max(-30, powerDbm - pathLossDb - noiseDbm));
}
