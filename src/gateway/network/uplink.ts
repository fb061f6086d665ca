/**
 * The way of a frame: copies of one frame come in, are gathered, checked, decrypted, and handed on as an Uplink together
 * with the counter it moves; what the device waits for goes back once that is stored. Nothing here waits for the disk or
 * acknowledges a message: `deliver` and `settle` do.
 */

import type { NewRecord } from '../../model/record.ts';
import { ROUNDING_MS, utcOfGpsMs } from '../../model/time.ts';
import type { RxInfo, Uplink } from '../../model/uplink.ts';
import type { Clock } from '../../model/world.ts';
import type { NetworkChange } from '../../store/contract.ts';
import type { BridgeUplink } from '../bridge/message.ts';
import { decryptPayload } from '../lorawan/crypto.ts';
import { type DataFrame, MIC_BYTES, parseFrame } from '../lorawan/frame.ts';
import { dataRateIndex } from '../region/rates.ts';
import type { UnknownDevices } from '../unknown-devices.ts';
import { createDeduplicator } from './deduplicate.ts';
import type { DeviceLink } from './device-link.ts';
import type { Downlinks } from './downlinks.ts';
import type { Joins } from './join.ts';
import { takeForStorage } from './mac-state.ts';
import { type DownlinkQueue, joinSteps } from './queue.ts';
import { ageMs, newestReceptions, type Reception } from './reception.ts';
import type { Identified, Session, Sessions } from './sessions.ts';
import type { Transmission } from './transmitter.ts';
import { hasMacContent, type MacOutcome, processUplinkMac } from './uplink-mac.ts';

/** A verified frame: to be stored together with the counter, and with what answering it changes. */
export interface Verified {
  readonly uplink: Uplink;
  readonly nextFCntUp: number;
  /** Names the frame for ever, where its counter does not. */
  readonly key?: string;
  readonly answer?: StoredAnswer;
}

/** A change, and what to send once it is stored. */
export interface StoredAnswer {
  readonly records: readonly NewRecord[];
  readonly network: NetworkChange;
  readonly prepared?: Transmission;
}

export interface NetworkServerOptions {
  readonly clock: Clock;
  readonly dedupWindowMs: number;
  /** How many gateways would hear a frame at most, once that is known. */
  readonly gatewayCount: () => number | undefined;
  readonly sessions: Sessions;
  readonly strangers: UnknownDevices;
  readonly joins: Joins;
  readonly queue: DownlinkQueue;
  readonly downlinks: Downlinks;
  /** Whether our wall clock is right; else devices are not told the time. */
  readonly timeKnown: () => boolean;
  /** Whether a frame of that key is in the store. */
  readonly seen: (key: string) => boolean;
  /** A frame to store; the copies' messages are to be acknowledged once it is. */
  readonly deliver: (verified: Verified, copies: readonly Reception[]) => void;
  /** A frame seen before that is answered again: the answer's counter is to be stored first. */
  readonly settle: (devEui: string, answer: StoredAnswer, copies: readonly Reception[]) => void;
  /** Counts what could not be sent. */
  readonly unsent: (reason: string) => void;
  /** A frame that ends here; its messages are to be acknowledged after what was delivered before it is stored. */
  readonly refuse: (reason: string, copies: readonly Reception[]) => void;
}

export interface NetworkServer {
  receive(copy: Reception): void;
  /** Ends all waiting for further copies. */
  flush(): void;
}

const SILENCE: MacOutcome = { answers: [], adr: null, changed: false, events: [] };
const RX2_AFTER_MS = 1_000;
/** Between an uplink and its repetition lie at least its two windows; what comes sooner is the same one, by a slower way. */
const REPETITION_MS = 1_000;
/** A repetition for want of an acknowledgement, or by NbTrans, comes within this time. */
const REPETITIONS_END_MS = 60_000;
/** What is older on arrival waited in some queue. */
const FRESH_MS = 5_000;
/** More than any broker keeps in flight to one client. */
const MAX_TAKEN = 20_000;

/** See the head of the file. */
export function createNetworkServer(options: NetworkServerOptions): NetworkServer {
  const { clock, sessions, strangers, joins, queue, downlinks, deliver, settle, refuse } = options;
  /** Frames of devices that may count anew, by key: when each came, monotonic milliseconds. */
  const taken = new Map<string, number>();

  function onFrame(copies: readonly Reception[]): void {
    const first = copies[0];
    if (!first) return;
    const parsed = parseFrame(first.uplink.phyPayload);
    if (!parsed.ok) return refuse(`frame_${parsed.reason}`, copies);
    const { frame } = parsed;
    if (frame.kind === 'join-request') return joins.take(frame, copies);
    if (frame.kind !== 'data') return refuse(frame.kind.replace('-', '_'), copies);
    if (frame.direction === 'down') return refuse('downlink_overheard', copies);
    takeData(frame, copies);
  }

  function takeData(frame: DataFrame, copies: readonly Reception[]): void {
    const identified = sessions.identify(frame);
    if ('session' in identified && identified.session.allowCounterReset) {
      return takeForgetful(frame, identified, copies);
    }
    switch (identified.kind) {
      case 'new':
        return takeNew(frame, identified.session, identified.fCnt, copies);
      case 'retransmission':
        return takeAgain(frame, identified.session, copies);
      case 'replay':
        return refuse('replay', copies);
      case 'unknown_device': {
        const [best] = receptionsOf(copies);
        if (best) strangers.note(frame.devAddr, best, clock.nowMs());
        return refuse(identified.kind, copies);
      }
      default:
        return refuse(identified.kind, copies);
    }
  }

  /**
   * A device that may count anew: its counter is no proof that the frame is an old one. One of the very same bytes is a
   * repetition while repetitions may come; any other is taken, whether it counts on, starts over, or sends the same number
   * each time.
   */
  function takeForgetful(
    frame: DataFrame,
    { kind, session, fCnt }: Extract<Identified, { session: Session }>,
    copies: readonly Reception[],
  ): void {
    const key = `${session.devEui} ${frame.fCnt16} ${micOf(frame)}`;
    if (isRepetition(key, copies)) return takeAgain(frame, session, copies);
    const startsAnew = kind !== 'new' && fCnt === frame.fCnt16;
    if (kind !== 'new' && !startsAnew) return refuse('replay', copies);
    remember(key, copies[0]?.arrivedMs ?? 0);
    if (startsAnew && session.activation === 'abp') forgetLink(session);
    takeNew(frame, session, fCnt, copies, key);
  }

  /** A frame that was just sent, long after the last of the same bytes, is a device that says the same after each start. */
  function isRepetition(key: string, copies: readonly Reception[]): boolean {
    const takenMs = taken.get(key);
    if (takenMs === undefined && !options.seen(key)) return false;
    const nowMs = clock.monotonicMs();
    const isFresh = copies.some((copy) => ageMs(copy, nowMs) < FRESH_MS);
    return (
      !isFresh || (copies[0]?.arrivedMs ?? 0) - (takenMs ?? Number.NEGATIVE_INFINITY) < REPETITIONS_END_MS
    );
  }

  function remember(key: string, arrivedMs: number): void {
    taken.delete(key);
    taken.set(key, arrivedMs);
    if (taken.size > MAX_TAKEN) taken.delete(taken.keys().next().value ?? '');
  }

  function takeNew(
    frame: DataFrame,
    under: Session,
    fCnt: number,
    copies: readonly Reception[],
    key?: string,
  ): void {
    const receptions = receptionsOf(copies);
    const session = sessions.takeUp(under);
    session.nextFCnt = fCnt + 1;
    const uplink = toUplink(frame, session, fCnt, receptions, copies);
    const reaction = session.radio && planDownlink(frame, session, session.radio, uplink, copies);
    const isTakenUp = session !== under;
    const answer =
      reaction ??
      (isTakenUp ? { records: [], network: { sessions: [takeForStorage(session.state)] } } : undefined);
    const named = key === undefined ? {} : { key };
    deliver({ uplink, nextFCntUp: fCnt + 1, ...named, ...(answer ? { answer } : {}) }, copies);
  }

  /** The device has not heard our acknowledgement: it gets another, and the log nothing. */
  function takeAgain(frame: DataFrame, session: Session, copies: readonly Reception[]): void {
    const { radio, state } = session;
    const firstMs = copies[0]?.arrivedMs ?? 0;
    const soonMs = (radio?.target.rx1DelayS ?? 1) * 1_000 + REPETITION_MS;
    if (!radio || !frame.confirmed || firstMs - state.lastUplinkMs < soonMs)
      return refuse('retransmission', copies);
    state.lastUplinkMs = firstMs;
    const answerable = answerableOf(frame, radio, copies, SILENCE);
    const { step, prepared } = downlinks.answer(session, radio, answerable);
    if (!prepared && !step) return refuse('retransmission', copies);
    const { records = [], network } = step ?? {};
    const stored = { records, network: { ...network, sessions: [takeForStorage(state)] } };
    settle(session.devEui, { ...stored, ...(prepared ? { prepared } : {}) }, copies);
  }

  /** A personalised device that forgot its counter has forgotten what it was told as well. */
  function forgetLink({ state }: Session): void {
    state.link = undefined;
    state.history = [];
  }

  /** What the uplink means for the downlink side; undefined for nearly every one: nothing. */
  function planDownlink(
    frame: DataFrame,
    session: Session,
    radio: DeviceLink,
    uplink: Uplink,
    copies: readonly Reception[],
  ): StoredAnswer | undefined {
    const { state } = session;
    const acknowledged = resolveConfirmed(frame, session);
    const heard: MacOutcome = !hasMacContent(frame, radio)
      ? SILENCE
      : processUplinkMac(session, radio, {
          frame,
          fCnt: uplink.fCnt,
          payload: uplink.data,
          dataRate: dataRateIndex(radio.region, uplink.radio.dataRate, 'up'),
          maxSnr: uplink.receptions[0]?.snr ?? 0,
          gatewayCount: uplink.receptions.length,
          receivedMs: options.timeKnown() ? timeOfEnd(copies, clock) : undefined,
          nowMs: clock.nowMs(),
        });
    state.lastUplinkMs = copies[0]?.arrivedMs ?? 0;
    if (radio.deviceClass === 'C') state.lastReceptions = newestReceptions(copies);
    const reason = { confirmed: frame.confirmed, asksForLife: frame.fCtrl.adrAckReq, heard };
    const answer =
      isInTime(session, radio, frame, copies) && downlinks.hasReason(session, radio, reason)
        ? downlinks.answer(session, radio, answerableOf(frame, radio, copies, heard))
        : {};
    const { step, prepared } = answer;
    if (!step && !prepared && !acknowledged && !heard.changed) return undefined;
    const steps = [acknowledged, step].filter((one) => one !== undefined);
    const { records, network } = joinSteps(steps);
    return {
      records,
      network: { ...network, sessions: [takeForStorage(state)] },
      ...(prepared ? { prepared } : {}),
    };
  }

  /** Whether any window is still ahead: of the thousands of frames of a backlog nobody waits for an answer. */
  function isInTime(
    session: Session,
    radio: DeviceLink,
    frame: DataFrame,
    copies: readonly Reception[],
  ): boolean {
    if (radio.deviceClass === 'C') return true;
    const nowMs = clock.monotonicMs();
    const lastMs = (session.state.link?.rx1DelayS ?? radio.target.rx1DelayS) * 1_000 + RX2_AFTER_MS;
    if (copies.some((copy) => ageMs(copy, nowMs) < lastMs)) return true;
    if (frame.confirmed) options.unsent('downlink_too_late');
    return false;
  }

  /** What the frame says about the confirmed downlink under way. */
  function resolveConfirmed(frame: DataFrame, session: Session) {
    const item = queue.inFlight(session.devEui);
    if (!item?.confirmed) return undefined;
    if (frame.fCtrl.ack) return queue.acknowledged(item);
    // A class C device may have sent this before it heard us.
    if (session.radio?.deviceClass === 'C') return undefined;
    return queue.missed(item, 'the device has not acknowledged it');
  }

  function answerableOf(
    frame: DataFrame,
    radio: DeviceLink,
    copies: readonly Reception[],
    heard: Pick<MacOutcome, 'answers' | 'adr'>,
  ) {
    const radioOf = copies[0]?.uplink;
    return {
      copies: newestReceptions(copies),
      frequency: radioOf?.frequency ?? 0,
      dataRate: dataRateIndex(radio.region, radioOf?.dataRate ?? '', 'up'),
      confirmed: frame.confirmed,
      asksForLife: frame.fCtrl.adrAckReq,
      heard,
    };
  }

  function toUplink(
    frame: DataFrame,
    session: Session,
    fCnt: number,
    receptions: readonly RxInfo[],
    copies: readonly Reception[],
  ): Uplink {
    const radio = copies[0]?.uplink;
    return {
      device: session.devEui,
      devAddr: frame.devAddr,
      fCnt,
      fPort: frame.fPort,
      confirmed: frame.confirmed,
      adr: frame.fCtrl.adr,
      data: decryptPayload(frame, session.keys, fCnt),
      radio: { frequency: radio?.frequency ?? 0, dataRate: radio?.dataRate ?? '' },
      receptions,
      timeMs: receptionTimeMs(receptions, clock.nowMs()),
      via: 'bridge',
    };
  }

  const gathered = createDeduplicator<Reception>({
    clock,
    windowMs: options.dedupWindowMs,
    complete: options.gatewayCount,
    emit: onFrame,
  });
  return {
    receive: (copy) => gathered.add(keyOf(copy.uplink.phyPayload), copy),
    flush: gathered.flush,
  };
}

/** The message integrity code as hex. */
function micOf({ bytes }: DataFrame): string {
  return Buffer.from(bytes.subarray(bytes.length - MIC_BYTES)).toString('hex');
}

/** The frame's bytes as a string of one character each: the cheapest key there is. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** When the frame ended, epoch milliseconds: GPS time where a gateway has it, else when the first copy reached us. */
function timeOfEnd(copies: readonly Reception[], clock: Clock): number {
  for (const { uplink } of copies) if (uplink.gpsTimeMs !== undefined) return utcOfGpsMs(uplink.gpsTimeMs);
  const [first] = copies;
  return clock.nowMs() - (first ? clock.monotonicMs() - first.arrivedMs : 0);
}

/** One a gateway, best first: a broker may bring the same copy twice. */
function receptionsOf(copies: readonly Reception[]): RxInfo[] {
  if (copies.length === 1 && copies[0]) return [toReception(copies[0].uplink)];
  const byGateway = new Map(copies.map(({ uplink }) => [uplink.gatewayId, toReception(uplink)]));
  return [...byGateway.values()].sort(bestFirst);
}

function toReception(uplink: BridgeUplink): RxInfo {
  const { gatewayId, rssi, snr, channel, context } = uplink;
  const timeMs = gatewayTimeMs(uplink);
  return { gatewayId, rssi, snr, channel, context, ...(timeMs === undefined ? {} : { timeMs }) };
}

/** The gateway's clock, or GPS where it has that and they differ: a clock can be wrong. */
function gatewayTimeMs({ timeMs, gpsTimeMs }: BridgeUplink): number | undefined {
  if (gpsTimeMs === undefined) return timeMs;
  const gpsMs = utcOfGpsMs(gpsTimeMs);
  return timeMs !== undefined && Math.abs(timeMs - gpsMs) <= ROUNDING_MS ? timeMs : gpsMs;
}

function bestFirst(a: RxInfo, b: RxInfo): number {
  return b.snr - a.snr || b.rssi - a.rssi;
}

const AHEAD_MS = 3_600_000;

/**
 * When the frame was received: the best-hearing gateway's word, unless it lies ahead of us by more than an hour. A frame
 * that waited in a queue for days keeps its own time.
 */
function receptionTimeMs(receptions: readonly RxInfo[], nowMs: number): number {
  for (const { timeMs } of receptions) {
    if (timeMs !== undefined && timeMs <= nowMs + AHEAD_MS) return Math.floor(timeMs);
  }
  return nowMs;
}
