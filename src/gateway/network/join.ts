/**
 * Lets devices in over the air (LoRaWAN 1.0.x §6.2):
 *
 *     request -> device, MIC, DevNonce -> new session -> a gateway that may answer -> stored -> answered
 *
 * The session in use goes on until the device uses the new one: it may not hear the answer, and a request somebody recorded
 * and plays back must end nothing.
 *
 * Invariants: the session, the used DevNonce and the JoinNonce are on disk before the answer is published; a request that
 * can no longer be answered in time uses nothing up.
 */
import { ANY_JOIN_EUI, type Device } from '../../model/device.ts';
import type { NewRecord } from '../../model/record.ts';
import type { World } from '../../model/world.ts';
import type { NetworkChange, Store } from '../../store/contract.ts';
import { type DownlinkWindow, joinWindows } from '../lorawan/downlink.ts';
import type { JoinRequest } from '../lorawan/frame.ts';
import {
  checkDevNonce,
  deriveSessionKeys,
  devAddrUnder,
  encodeJoinAccept,
  type JoinAcceptFields,
  nextJoinNonce,
  verifyJoinRequest,
} from '../lorawan/join.ts';
import { initialLink, joinedLink, type WantedLink } from '../mac/link.ts';
import type { Refusals } from '../refusals.ts';
import { cfListFor } from '../region/cflist.ts';
import { channelNumbers, standardChannels } from '../region/channels.ts';
import { dataRateIndex, requiredSnr } from '../region/rates.ts';
import type { Channel, Region } from '../region/region.ts';
import type { UnknownDevices } from '../unknown-devices.ts';
import type { DeviceLink, LinkSettingsOf } from './device-link.ts';
import { type MacState, offerSession, takeForStorage } from './mac-state.ts';
import type { FrameOutcome, Refused } from './outcome.ts';
import { bestReception, newestReceptions, type Reception } from './reception.ts';
import type { Sessions } from './sessions.ts';
import type { NoRoute, Transmission, Transmitter } from './transmitter.ts';

export interface JoinContext {
  readonly world: World;
  readonly store: Pick<Store, 'devices' | 'network' | 'epoch'>;
  readonly sessions: Sessions;
  readonly linkSettingsOf: LinkSettingsOf;
  readonly transmitter: Transmitter;
  /** 6 hex digits. */
  readonly netId: string;
  readonly refusals: Refusals;
  readonly unknownDevices: UnknownDevices;
  /** Devices whose join is being stored. */
  readonly joining: Set<string>;
  /** The request each device was let in with last. */
  readonly admitted: Map<string, { readonly frame: string; readonly atMs: number }>;
}

/** A request of a device we know, under the right key. */
interface Admitted {
  readonly device: Device;
  readonly appKey: string;
  readonly link: DeviceLink;
  readonly state: MacState;
  readonly joinNonce: number;
}

const LONG_ACCEPT_BYTES = 33;
const SHORT_ACCEPT_BYTES = 17;
const ADDRESS_TRIES = 20;
/** A copy of a request that was answered may come so much later, by a gateway on a slow line. */
const COPIES_END_MS = 10_000;

/** `receptions` is never empty. */
export function processJoin(
  context: JoinContext,
  request: JoinRequest,
  receptions: readonly Reception[],
): FrameOutcome {
  if (isAnswered(context, request)) return { refused: 'retransmission', sender: { device: request.devEui } };
  const admitted = admit(context, request);
  if ('refused' in admitted) return refuse(context, request, receptions, admitted.refused);
  const windows = windowsOf(admitted.link.region, receptions);
  const fields = acceptFields(context, admitted, windows);
  const transmission = prepareAccept(context, admitted, fields, receptions, windows);
  const { devEui } = request;
  if (typeof transmission === 'string')
    return { refused: `join_${transmission}`, sender: { device: devEui } };
  context.unknownDevices.forget(devEui);
  const network = offer(context, admitted, request, fields);
  context.admitted.set(devEui, { frame: frameOf(request), atMs: context.world.clock.monotonicMs() });
  const records = [toRecord(request, fields, receptions, context.world.clock.nowMs())];
  return {
    device: devEui,
    change: { records, network, urgent: true },
    transmission: whileJoining(context, devEui, transmission),
  };
}

/** It is no join that failed, and must not be shown as one. */
function isAnswered({ admitted, world }: JoinContext, request: JoinRequest): boolean {
  const last = admitted.get(request.devEui);
  return last?.frame === frameOf(request) && world.clock.monotonicMs() - last.atMs < COPIES_END_MS;
}

function frameOf({ bytes }: JoinRequest): string {
  return Buffer.from(bytes).toString('hex');
}

/** Told by DevEUI: in the log, and where who is not let in is shown. */
function refuse(
  { world, store, unknownDevices }: JoinContext,
  { devEui, joinEui }: JoinRequest,
  receptions: readonly Reception[],
  reason: string,
): Refused {
  const best = bestReception(receptions);
  if (best) unknownDevices.note({ devEui, joinEui, reason }, best.uplink, world.clock.nowMs());
  return { refused: reason, sender: store.devices.get(devEui) ? { device: devEui } : { devEui } };
}

/** Who asks, and whether they may. */
function admit(
  { store, sessions, linkSettingsOf, joining }: JoinContext,
  request: JoinRequest,
): Admitted | Refused {
  const { devEui, joinEui, devNonce } = request;
  const device = store.devices.get(devEui);
  if (!device?.otaa) return { refused: 'join_unknown_device' };
  const { appKey } = device.otaa;
  if (device.otaa.joinEui !== joinEui && device.otaa.joinEui !== ANY_JOIN_EUI)
    return { refused: 'join_wrong_join_eui' };
  if (!verifyJoinRequest(request, appKey)) return { refused: 'join_wrong_mic' };
  const link = linkSettingsOf(device);
  if (!link) return { refused: 'join_not_served' };
  if (joining.has(devEui)) return { refused: 'join_under_way' };
  const { used, last } = store.network.devNonces(devEui, joinEui);
  const { carried = {} } = device;
  const fault = checkDevNonce(link.version, devNonce, { used, last: later(last, carried.devNonce) });
  if (fault) return { refused: `join_${fault}` };
  const state = sessions.stateOf(devEui);
  const joinNonce = nextJoinNonce(later(state.joinNonce, carried.joinNonce));
  if (joinNonce === undefined) return { refused: 'join_nonces_used_up' };
  return { device, appKey, link, state, joinNonce };
}

/** Of two nonces, ours and the one a former network server had come to. */
function later(own: number | null, carried: number | undefined): number | null {
  return carried === undefined ? own : Math.max(own ?? 0, carried);
}

function windowsOf(region: Region, receptions: readonly Reception[]): readonly DownlinkWindow[] {
  const { frequency = 0, dataRate = '' } = receptions[0]?.uplink ?? {};
  return joinWindows(region, initialLink(region), {
    frequency,
    dataRate: dataRateIndex(region, dataRate, 'up') ?? -1,
  });
}

/** What the device is told. The channels are left out where every window takes only a short answer. */
function acceptFields(
  context: JoinContext,
  { link, joinNonce }: Admitted,
  windows: readonly DownlinkWindow[],
): JoinAcceptFields {
  const { region, version, target } = link;
  const long = windows.some(({ maxFrame }) => maxFrame >= LONG_ACCEPT_BYTES);
  const takesList = long || !windows.some(({ maxFrame }) => maxFrame >= SHORT_ACCEPT_BYTES);
  const extras = networkExtras(region, target);
  return {
    joinNonce,
    netId: context.netId,
    devAddr: freeDevAddr(context),
    rx1DataRateOffset: target.rx1Offset,
    rx2DataRate: target.rx2.dataRate,
    rx1DelayS: target.rx1DelayS,
    cfList: takesList ? cfListFor(region, version, { extras, enabled: target.enabled }) : null,
  };
}

function freeDevAddr({ netId, world, sessions }: JoinContext): string {
  let devAddr = devAddrUnder(netId, world.random);
  // Sharing one is allowed, and costs a MIC a frame.
  for (let tries = 0; tries < ADDRESS_TRIES && sessions.has(devAddr); tries++)
    devAddr = devAddrUnder(netId, world.random);
  return devAddr;
}

/** The accept on its way out, or why there is none. */
function prepareAccept(
  { transmitter, refusals }: JoinContext,
  { link, appKey }: Admitted,
  fields: JoinAcceptFields,
  receptions: readonly Reception[],
  windows: readonly DownlinkWindow[],
): Transmission | NoRoute {
  const frame = encodeJoinAccept(fields, appKey);
  const dataRate = dataRateIndex(link.region, receptions[0]?.uplink.dataRate ?? '', 'up') ?? 0;
  const fitting = windows.filter((window) => frame.length <= window.maxFrame);
  const route = transmitter.selectRoute(link.region, newestReceptions(receptions), fitting, {
    requiredSnrDb: requiredSnr(link.region, dataRate),
    bytes: frame.length,
  });
  if (typeof route === 'string') return route;
  const transmission = transmitter.prepare(route, frame, ({ kind }) => {
    if (kind !== 'sent') refusals.count(`join_accept_${kind}`);
  });
  return transmission ?? 'no_gateway';
}

/** The new session is offered: what that means in memory, and for the disk. */
function offer(
  { world, store, sessions, netId }: JoinContext,
  { device, appKey, state, link }: Admitted,
  { devEui, joinEui, devNonce }: JoinRequest,
  fields: JoinAcceptFields,
): NetworkChange {
  const { joinNonce, devAddr } = fields;
  const keys = deriveSessionKeys(appKey, { joinNonce, netId, devNonce });
  const told = joinedLink(link.region, fields);
  state.joinNonce = joinNonce;
  offerSession(state, {
    ...{ devAddr, ...keys },
    joinedMs: world.clock.nowMs(),
    link: told,
    epoch: store.epoch(),
  });
  sessions.offer(device, link);
  return { sessions: [takeForStorage(state)], nonces: [{ devEui, joinEui, devNonce }] };
}

/** Until the accept is on its way, or given up, the device is not let in again. */
function whileJoining({ joining }: JoinContext, devEui: string, transmission: Transmission): Transmission {
  joining.add(devEui);
  return {
    gatewayId: transmission.gatewayId,
    send() {
      joining.delete(devEui);
      transmission.send();
    },
    abandon() {
      joining.delete(devEui);
      transmission.abandon();
    },
  };
}

/** The network's own channels, in the order of their numbers. */
function networkExtras(region: Region, { channels }: WantedLink): Channel[] {
  const standard = channelNumbers(standardChannels(region));
  return Object.entries(channels).flatMap(([number, channel]) =>
    standard.includes(Number(number)) ? [] : [channel],
  );
}

function toRecord(
  { devEui, joinEui, devNonce }: JoinRequest,
  { joinNonce, devAddr }: JoinAcceptFields,
  receptions: readonly Reception[],
  timeMs: number,
): NewRecord {
  const best = [...receptions].sort((a, b) => b.uplink.snr - a.uplink.snr || b.uplink.rssi - a.uplink.rssi);
  const rx = best.map(({ uplink: { gatewayId, rssi, snr } }) => ({ gw: gatewayId, rssi, snr }));
  const { frequency = 0, dataRate = '' } = best[0]?.uplink ?? {};
  const body = { joinEui, devAddr, devNonce, joinNonce, freq: frequency, dr: dataRate, rx };
  return { kind: 'join', timeMs, device: devEui, body };
}
