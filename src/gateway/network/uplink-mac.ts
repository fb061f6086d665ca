/**
 * What an uplink says about the link: answers and questions of the device among its MAC commands, its data rate, how well
 * it is heard. Changes the device's state in memory and says whether that is worth writing down.
 */
import type { BatteryStatus } from '../../model/downlink.ts';
import { type AdrDecision, decideAdr } from '../adr/decide.ts';
import { withUplink } from '../adr/history.ts';
import type { DataFrame } from '../lorawan/frame.ts';
import { answerCommands, type MacEvent } from '../mac/answer.ts';
import { batteryOf } from '../mac/battery.ts';
import type { DownlinkCommand } from '../mac/command.ts';
import { decodeUplinkCommands } from '../mac/decode.ts';
import { observeDataRate } from '../mac/link.ts';
import { requiredSnr } from '../region/rates.ts';
import type { DeviceLink } from './device-link.ts';
import { linkOf } from './mac-state.ts';
import type { Session } from './sessions.ts';

export interface MacUplink {
  readonly frame: DataFrame;
  readonly fCnt: number;
  /** The frame's payload in clear. */
  readonly payload: Uint8Array;
  /** Index in the region; undefined for one it does not have. */
  readonly dataRate: number | undefined;
  /** dB, of the gateway that heard it best. */
  readonly maxSnr: number;
  readonly gatewayCount: number;
  /** When the reception ended, epoch milliseconds; undefined when no clock can be trusted. */
  readonly receivedMs: number | undefined;
  readonly nowMs: number;
}

export interface MacOutcome {
  /** To the device's questions. */
  readonly answers: readonly DownlinkCommand[];
  /** What ADR would have; null: nothing to say. */
  readonly adr: AdrDecision | null;
  /** Whether the state has changed in a way that must not be forgotten. */
  readonly changed: boolean;
  readonly events: readonly MacEvent[];
}

/** Whether there is anything in a frame to listen to: most say nothing but their payload. */
export function hasMacContent({ fOpts, fPort, fCtrl }: DataFrame, radio: DeviceLink): boolean {
  return fOpts.length > 0 || fPort === 0 || (radio.adr && fCtrl.adr);
}

const SILENCE: MacOutcome = { answers: [], adr: null, changed: false, events: [] };

/** See the head of the file. */
export function processUplinkMac(session: Session, radio: DeviceLink, uplink: MacUplink): MacOutcome {
  const { frame, payload } = uplink;
  const commands = frame.fPort === 0 ? payload : frame.fOpts;
  const steered = radio.adr && frame.fCtrl.adr;
  const heard = commands.length > 0 ? handleCommands(session, radio, uplink, commands) : SILENCE;
  return steered ? { ...heard, adr: runAdr(session, radio, uplink) } : heard;
}

function handleCommands(
  session: Session,
  radio: DeviceLink,
  uplink: MacUplink,
  bytes: Uint8Array,
): MacOutcome {
  const { state } = session;
  const { region } = radio;
  const before = linkOf(state, radio);
  const { answers, link, events, adrChanged } = answerCommands(decodeUplinkCommands(bytes).commands, {
    region,
    link: before,
    receivedMs: uplink.receivedMs ?? 0,
    marginDb: uplink.maxSnr - requiredSnr(region, uplink.dataRate ?? before.dataRate),
    gatewayCount: uplink.gatewayCount,
    adr: uplink.frame.fCtrl.adr,
  });
  state.link = link;
  if (adrChanged) state.history = [];
  for (const event of events) {
    if (event.kind === 'device_status') state.battery = batteryStatus(event, uplink.nowMs);
  }
  return {
    answers:
      uplink.receivedMs === undefined ? answers.filter(({ kind }) => kind !== 'DeviceTimeAns') : answers,
    adr: null,
    changed: link !== before || events.some(({ kind }) => kind === 'device_status'),
    events,
  };
}

/** Takes the uplink into the history and asks the algorithm. */
function runAdr({ state }: Session, radio: DeviceLink, uplink: MacUplink): AdrDecision | null {
  const { region } = radio;
  if (uplink.dataRate === undefined) return null;
  const observed = observeDataRate(linkOf(state, radio), uplink.dataRate);
  const { link } = observed;
  state.link = link;
  const { fCnt, maxSnr, gatewayCount } = uplink;
  const { txPowerIndex, nbTrans, minTxPowerIndex, maxTxPowerIndex } = link;
  state.historyDirty = true;
  state.history = withUplink(observed.changed ? [] : state.history, {
    fCnt,
    maxSnr,
    txPowerIndex,
    gatewayCount,
  });
  return decideAdr({
    region,
    dataRate: link.dataRate,
    txPowerIndex,
    nbTrans,
    minTxPowerIndex,
    maxTxPowerIndex,
    maxDataRate: region.adrDataRates[1],
    history: state.history,
  });
}

function batteryStatus(event: MacEvent & { kind: 'device_status' }, timeMs: number): BatteryStatus {
  const battery = batteryOf(event.battery);
  const known = { marginDb: event.margin, timeMs };
  if (battery.kind === 'level') return { source: 'battery', percent: battery.percent, ...known };
  return { source: battery.kind, ...known };
}
