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
import type { Device } from '../../model/device.ts';
import type { NewRecord } from '../../model/record.ts';
import type { World } from '../../model/world.ts';
import type { Change, Store } from '../../store/contract.ts';
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
import { cfListFor } from '../region/cflist.ts';
import { channelNumbers, standardChannels } from '../region/channels.ts';
import { dataRateIndex, requiredSnr } from '../region/rates.ts';
import type { Channel, Region } from '../region/region.ts';
import type { DeviceLink, LinkSettingsOf } from './device-link.ts';
import { type MacState, offerSession, takeForStorage } from './mac-state.ts';
import { newestReceptions, type Reception } from './reception.ts';
import type { Sessions } from './sessions.ts';
import type { Transmission, Transmitter } from './transmitter.ts';

export interface JoinsOptions {
  readonly world: World;
  readonly store: Pick<Store, 'devices' | 'network' | 'epoch'>;
  readonly sessions: Sessions;
  readonly radioOf: LinkSettingsOf;
  readonly transmitter: Transmitter;
  /** 6 hex digits. */
  readonly netId: string;
  /** Stores the change, acknowledges the messages of the copies, and resolves with whether it is stored. */
  readonly settle: (change: Change, copies: readonly Reception[], then?: (stored: boolean) => void) => void;
  /** A request that ends here, by reason. */
  readonly refuse: (reason: string, copies: readonly Reception[]) => void;
  readonly unsent: (reason: string) => void;
}

export interface Joins {
  take(request: JoinRequest, copies: readonly Reception[]): void;
}

/** A request of a device we know, under the right key. */
interface Admitted {
  readonly device: Device;
  readonly appKey: string;
  readonly radio: DeviceLink;
  readonly state: MacState;
  readonly joinNonce: number;
}

const LONG_ACCEPT_BYTES = 33;
const SHORT_ACCEPT_BYTES = 17;
const ADDRESS_TRIES = 20;

/** See the head of the file. */
export function createJoins(options: JoinsOptions): Joins {
  const { world, store, sessions, radioOf, transmitter, netId, settle, refuse, unsent } = options;
  const { clock } = world;
  const joining = new Set<string>(); // devices whose join is being stored

  /** Who asks, and whether they may. */
  function admit(request: JoinRequest): Admitted | { readonly refused: string } {
    const { devEui, joinEui, devNonce } = request;
    const device = store.devices.get(devEui);
    if (!device?.otaa) return { refused: 'join_unknown_device' };
    const { appKey } = device.otaa;
    if (device.otaa.joinEui !== joinEui) return { refused: 'join_wrong_join_eui' };
    if (!verifyJoinRequest(request, appKey)) return { refused: 'join_wrong_mic' };
    const radio = radioOf(device);
    if (!radio) return { refused: 'join_not_served' };
    if (joining.has(devEui)) return { refused: 'join_under_way' };
    const fault = checkDevNonce(radio.version, devNonce, store.network.devNonces(devEui, joinEui));
    if (fault) return { refused: `join_${fault}` };
    const state = sessions.stateOf(devEui);
    const joinNonce = nextJoinNonce(state.joinNonce);
    if (joinNonce === undefined) return { refused: 'join_nonces_used_up' };
    return { device, appKey, radio, state, joinNonce };
  }

  function freeDevAddr(): string {
    let devAddr = devAddrUnder(netId, world.random);
    // Sharing one is allowed, and costs a MIC a frame.
    for (let tries = 0; tries < ADDRESS_TRIES && sessions.has(devAddr); tries++)
      devAddr = devAddrUnder(netId, world.random);
    return devAddr;
  }

  /** What the device is told; `list` false leaves out the channels, for a window that takes only a short answer. */
  function acceptFields({ radio, joinNonce }: Admitted, devAddr: string, list: boolean): JoinAcceptFields {
    const { region, version, target: wanted } = radio;
    const extras = networkExtras(region, wanted);
    return {
      joinNonce,
      netId,
      devAddr,
      rx1DataRateOffset: wanted.rx1Offset,
      rx2DataRate: wanted.rx2.dataRate,
      rx1DelayS: wanted.rx1DelayS,
      cfList: list ? cfListFor(region, version, { extras, enabled: wanted.enabled }) : null,
    };
  }

  function answer(
    admitted: Admitted,
    fields: JoinAcceptFields,
    copies: readonly Reception[],
    windows: readonly DownlinkWindow[],
  ): Transmission | string {
    const { radio, appKey } = admitted;
    const frame = encodeJoinAccept(fields, appKey);
    const uplink = copies[0]?.uplink;
    const dataRate = dataRateIndex(radio.region, uplink?.dataRate ?? '', 'up') ?? 0;
    const fitting = windows.filter((window) => frame.length <= window.maxFrame);
    const way = transmitter.selectRoute(radio.region, newestReceptions(copies), fitting, {
      requiredSnrDb: requiredSnr(radio.region, dataRate),
      bytes: frame.length,
    });
    if (typeof way === 'string') return way;
    const prepared = transmitter.prepare(way, frame, (fate) => {
      if (fate.kind !== 'sent') unsent(`join_accept_${fate.kind}`);
    });
    return prepared ?? 'no_gateway';
  }

  /** The new session is offered: what that means in memory, and for the disk. */
  function offer(admitted: Admitted, request: JoinRequest, fields: JoinAcceptFields): Change['network'] {
    const { appKey, state, radio } = admitted;
    const { devEui, joinEui, devNonce } = request;
    const { joinNonce, devAddr } = fields;
    const keys = deriveSessionKeys(appKey, { joinNonce, netId, devNonce });
    state.joinNonce = joinNonce;
    const link = joinedLink(radio.region, fields);
    offerSession(state, { devAddr, ...keys, joinedMs: clock.nowMs(), link, epoch: store.epoch() });
    return { sessions: [takeForStorage(state)], nonces: [{ devEui, joinEui, devNonce }] };
  }

  return {
    take(request, copies) {
      const admitted = admit(request);
      if ('refused' in admitted) return refuse(admitted.refused, copies);
      const { device, radio } = admitted;
      const { devEui } = device;
      const uplink = copies[0]?.uplink;
      const dataRate = dataRateIndex(radio.region, uplink?.dataRate ?? '', 'up') ?? -1;
      const windows = joinWindows(radio.region, initialLink(radio.region), {
        frequency: uplink?.frequency ?? 0,
        dataRate,
      });
      const long = windows.some(({ maxFrame }) => maxFrame >= LONG_ACCEPT_BYTES);
      const takesList = long || !windows.some(({ maxFrame }) => maxFrame >= SHORT_ACCEPT_BYTES);
      const fields = acceptFields(admitted, freeDevAddr(), takesList);
      const prepared = answer(admitted, fields, copies, windows);
      if (typeof prepared === 'string') return refuse(`join_${prepared}`, copies);
      joining.add(devEui);
      const network = offer(admitted, request, fields);
      sessions.offer(device, radio);
      const change: Change = {
        records: [toRecord(request, fields, copies, clock.nowMs())],
        ...(network ? { network } : {}),
        urgent: true,
      };
      settle(change, copies, (stored) => {
        joining.delete(devEui);
        if (stored) prepared.send();
        else prepared.abandon();
      });
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
  copies: readonly Reception[],
  timeMs: number,
): NewRecord {
  const best = [...copies].sort((a, b) => b.uplink.snr - a.uplink.snr || b.uplink.rssi - a.uplink.rssi);
  const rx = best.map(({ uplink: { gatewayId, rssi, snr } }) => ({ gw: gatewayId, rssi, snr }));
  const { frequency = 0, dataRate = '' } = best[0]?.uplink ?? {};
  const body = { joinEui, devAddr, devNonce, joinNonce, freq: frequency, dr: dataRate, rx };
  return { kind: 'join', timeMs, device: devEui, body };
}
