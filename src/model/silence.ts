/**
 * Why a device is silent: one verdict out of what the site has seen of it, in the order in which causes exclude each other.
 * It says what the evidence shows and nothing beyond. Pure.
 */
import { isSilenceKey, type Said, type SaidValues, type SilenceKey, sentenceOf } from './silence-words.ts';
import { cut } from './text.ts';

export { durationWords } from './silence-words.ts';

/** Frames of one device that were not let in since it was last heard, of the newest reason. */
export interface RefusedFrames {
  /** As in `refused` of the status: 'join_wrong_mic'. */
  readonly reason: string;
  readonly count: number;
  /** Epoch milliseconds. */
  readonly lastMs: number;
}

export interface GatewayEvidence {
  readonly gatewayId: string;
  readonly isOnline: boolean;
  /** Its newest sign of life, epoch milliseconds; 0 for none. */
  readonly lastSeenMs: number;
  /** When it last brought a reading of another device, as far as was looked; epoch milliseconds. */
  readonly heardOthersMs?: number;
}

export interface SilenceEvidence {
  readonly nowMs: number;
  /** When the box was started: refusals and gateways are remembered since then. */
  readonly startedMs: number;
  readonly devEui: string;
  readonly activation: 'otaa' | 'abp' | 'chirpstack' | 'no_key';
  /** Its newest reading or join; absent where it was never heard. */
  readonly lastMs?: number;
  /** Joins since its newest reading, the newest looked at: it was let in and sent nothing. */
  readonly joinsSinceReading: number;
  /** How often it should or usually does report. */
  readonly intervalMs?: number;
  /** Whether that is by its profile. */
  readonly isExpected: boolean;
  /** Age from which its value is old. */
  readonly staleAfterMs: number;
  /** Of its newest readings, newest first: how far above what the spreading factor needs the best gateway heard it, dB. */
  readonly marginsDb: readonly number[];
  readonly refused?: RefusedFrames;
  readonly batteryPercent?: number;
  /** All the site has. */
  readonly gateways: readonly GatewayEvidence[];
  /** Those that heard its newest readings. */
  readonly heardBy: readonly string[];
  /** What is wrong with the broker the gateways publish to, where something is. */
  readonly brokerTrouble?: string | undefined;
  /** Another DevEUI that asks to join and is almost this one's. */
  readonly lookalike?: { readonly devEui: string; readonly how: 'typo' | 'reversed' };
}

export const SILENCE_CAUSES = [
  'heard',
  'no_key',
  'refused',
  'joins_only',
  'lookalike',
  'broker',
  'no_gateway',
  'gateway_offline',
  'box_started',
  'battery',
  'weak_signal',
  'falling_signal',
  'never_heard',
  'unexplained',
] as const;
export type SilenceCause = (typeof SILENCE_CAUSES)[number];

export interface SilenceVerdict {
  readonly cause: SilenceCause;
  /** Of `refused`: the reason. */
  readonly reason?: string;
  readonly isSilent: boolean;
  /** What is to be said, piece by piece, for whoever says it in another language. */
  readonly said: readonly Said[];
  /** The same as one sentence without a full stop. */
  readonly text: string;
  /** What to do, where something can be said. */
  readonly advice?: string;
  readonly todo?: SilenceKey;
}

/** Below, the next frame may be lost; above the second, the signal is not what is wrong. */
const WEAK_DB = 3;
const AMPLE_DB = 10;
/** A signal that fell by so much, from older to newer readings, is on its way to silence. */
const FALLEN_DB = 4;
const LEAST_MARGINS = 6;
const LOW_PERCENT = 10;
const MAX_TROUBLE = 300;

type Found = Pick<SilenceVerdict, 'cause' | 'reason' | 'said' | 'todo'>;
type Case = (evidence: SilenceEvidence) => Found | undefined;

/** The first that the evidence shows is the verdict. */
const CASES: readonly Case[] = [
  noKey,
  refused,
  joinsOnly,
  heard,
  broker,
  noGateway,
  lookalike,
  gatewayOffline,
  boxStarted,
  battery,
  weakSignal,
  fallingSignal,
  neverHeard,
];

export function whySilent(evidence: SilenceEvidence): SilenceVerdict {
  for (const judge of CASES) {
    const found = judge(evidence);
    if (found) return verdictOf(found);
  }
  const said = [...lastHeard(evidence), gatewayWords(evidence)];
  return verdictOf({ cause: 'unexplained', said, todo: 'silence.todo.unexplained' });
}

function verdictOf(found: Found): SilenceVerdict {
  const { cause, said, todo } = found;
  return {
    ...found,
    isSilent: cause !== 'heard',
    text: sentenceOf(said),
    ...(todo === undefined ? {} : { advice: sentenceOf([{ key: todo, values: {} }]) }),
  };
}

function say(key: SilenceKey, values: SaidValues = {}): Said {
  return { key, values };
}

function noKey({ activation, refused: knocked, nowMs }: SilenceEvidence): ReturnType<Case> {
  if (activation !== 'no_key') return undefined;
  const said = knocked
    ? say('silence.noKey.knocked', { times: knocked.count, ago: nowMs - knocked.lastMs })
    : say('silence.noKey');
  return { cause: 'no_key', said: [said], todo: 'silence.todo.no_key' };
}

function refused({ refused: found, lastMs = 0, nowMs }: SilenceEvidence): ReturnType<Case> {
  if (!found || found.lastMs <= lastMs) return undefined;
  const { reason, count } = found;
  const own = `silence.refused.${reason}`;
  const other = reason.startsWith('join_') ? 'silence.refused.otherJoin' : 'silence.refused.otherFrame';
  const todo = `silence.todo.${reason}`;
  const isKnown = isSilenceKey(own) && isSilenceKey(todo);
  const values = { count, times: count, ago: nowMs - found.lastMs };
  return {
    cause: 'refused',
    reason,
    said: [isKnown ? say(own, values) : say(other, { ...values, reason })],
    ...(isKnown ? { todo } : {}),
  };
}

function joinsOnly({ joinsSinceReading, lastMs, nowMs }: SilenceEvidence): ReturnType<Case> {
  if (joinsSinceReading < 2 || lastMs === undefined) return undefined;
  const said = say('silence.joinsOnly', { times: joinsSinceReading, ago: nowMs - lastMs });
  return { cause: 'joins_only', said: [said], todo: 'silence.todo.joins_only' };
}

function heard(evidence: SilenceEvidence): ReturnType<Case> {
  const { lastMs, nowMs, staleAfterMs, marginsDb, joinsSinceReading } = evidence;
  if (lastMs === undefined || nowMs - lastMs > staleAfterMs) return undefined;
  const [marginDb] = marginsDb;
  const isWeak = joinsSinceReading === 0 && marginDb !== undefined && marginDb < WEAK_DB;
  return {
    cause: 'heard',
    said: joinsSinceReading > 0 ? [say('silence.joined', { ago: nowMs - lastMs })] : lastHeard(evidence),
    ...(isWeak ? { todo: 'silence.todo.weak' as const } : {}),
  };
}

function broker({ brokerTrouble }: SilenceEvidence): ReturnType<Case> {
  if (brokerTrouble === undefined) return undefined;
  const trouble = cut(brokerTrouble, MAX_TROUBLE).replace(/\.$/, '');
  return { cause: 'broker', said: [say('silence.broker', { trouble })], todo: 'silence.todo.broker' };
}

function noGateway({ gateways, startedMs, nowMs }: SilenceEvidence): ReturnType<Case> {
  const online = gateways.filter(({ isOnline }) => isOnline);
  if (online.length > 0) return undefined;
  const lastMs = Math.max(0, ...gateways.map(({ lastSeenMs }) => lastSeenMs));
  const count = gateways.length;
  const said =
    count === 0
      ? say('silence.noGateway.never', { ago: nowMs - startedMs })
      : lastMs > 0
        ? say('silence.noGateway.offlineSince', { count, ago: nowMs - lastMs })
        : say('silence.noGateway.offline', { count });
  return { cause: 'no_gateway', said: [said], todo: 'silence.todo.no_gateway' };
}

function lookalike({ lookalike: other, lastMs }: SilenceEvidence): ReturnType<Case> {
  if (!other || lastMs !== undefined) return undefined;
  const said = say(`silence.lookalike.${other.how}`, { devEui: other.devEui });
  return { cause: 'lookalike', said: [said], todo: 'silence.todo.lookalike' };
}

function gatewayOffline(evidence: SilenceEvidence): ReturnType<Case> {
  const { gateways, heardBy, nowMs } = evidence;
  const own = heardBy.map((id) => gateways.find(({ gatewayId }) => gatewayId === id));
  const [gateway] = heardBy;
  if (gateway === undefined || own.some((one) => one?.isOnline)) return undefined;
  const lastMs = Math.max(...own.map((one) => one?.lastSeenMs ?? 0));
  const values = { count: heardBy.length, gateway };
  const said =
    lastMs > 0
      ? say('silence.gatewayOffline', { ...values, ago: nowMs - lastMs })
      : say('silence.gatewayOffline.never', values);
  return {
    cause: 'gateway_offline',
    said: [said, ...lastHeard(evidence)],
    todo: 'silence.todo.gateway_offline',
  };
}

function boxStarted(evidence: SilenceEvidence): ReturnType<Case> {
  const { lastMs, startedMs, nowMs, staleAfterMs } = evidence;
  if (lastMs === undefined || lastMs > startedMs || nowMs - startedMs > staleAfterMs) return undefined;
  return {
    cause: 'box_started',
    said: [say('silence.boxStarted', { ago: nowMs - startedMs }), ...lastHeard(evidence)],
    todo: 'silence.todo.box_started',
  };
}

function battery(evidence: SilenceEvidence): ReturnType<Case> {
  const { batteryPercent } = evidence;
  if (batteryPercent === undefined || batteryPercent > LOW_PERCENT) return undefined;
  return {
    cause: 'battery',
    said: [say('silence.battery', { percent: Math.round(batteryPercent) }), ...lastHeard(evidence)],
    todo: 'silence.todo.battery',
  };
}

function weakSignal(evidence: SilenceEvidence): ReturnType<Case> {
  const [marginDb] = evidence.marginsDb;
  if (marginDb === undefined || marginDb >= WEAK_DB) return undefined;
  return {
    cause: 'weak_signal',
    said: [...lastHeard(evidence), gatewayWords(evidence)],
    todo: 'silence.todo.weak_signal',
  };
}

function fallingSignal(evidence: SilenceEvidence): ReturnType<Case> {
  const { marginsDb } = evidence;
  const half = Math.floor(marginsDb.length / 2);
  if (marginsDb.length < LEAST_MARGINS) return undefined;
  const newer = median(marginsDb.slice(0, half));
  const older = median(marginsDb.slice(-half));
  if (older - newer < FALLEN_DB || newer >= AMPLE_DB) return undefined;
  return {
    cause: 'falling_signal',
    said: [
      say('silence.falling', { before: Math.abs(older), margin: Math.abs(newer) }),
      ...lastHeard(evidence),
    ],
    todo: 'silence.todo.falling_signal',
  };
}

function neverHeard({ lastMs, activation, nowMs, startedMs, gateways }: SilenceEvidence): ReturnType<Case> {
  if (lastMs !== undefined) return undefined;
  const count = gateways.filter(({ isOnline }) => isOnline).length;
  const key = activation === 'otaa' ? 'silence.neverHeard.join' : 'silence.neverHeard.frame';
  return {
    cause: 'never_heard',
    said: [say(key, { count, ago: nowMs - startedMs })],
    todo: 'silence.todo.never_heard',
  };
}

/** 'last heard 8 min ago at 2 dB over the floor; usually every 4 min' */
function lastHeard({
  lastMs,
  nowMs,
  marginsDb,
  intervalMs,
  isExpected,
  joinsSinceReading,
}: SilenceEvidence): readonly Said[] {
  if (lastMs === undefined) return [say('silence.never')];
  const ago = nowMs - lastMs;
  if (joinsSinceReading > 0) return [say('silence.joinedSilent', { ago })];
  const [marginDb] = marginsDb;
  const last =
    marginDb === undefined
      ? say('silence.last', { ago })
      : say(marginDb < 0 ? 'silence.last.below' : 'silence.last.over', { ago, margin: Math.abs(marginDb) });
  if (intervalMs === undefined) return [last];
  return [last, say(isExpected ? 'silence.expected' : 'silence.usually', { every: intervalMs })];
}

/** What is known of the gateways that should hear it. */
function gatewayWords({ gateways, heardBy, lastMs = 0, nowMs }: SilenceEvidence): Said {
  const own = gateways.filter(({ gatewayId, isOnline }) => isOnline && heardBy.includes(gatewayId));
  const count = own.length;
  if (count === 0) {
    const online = gateways.filter(({ isOnline }) => isOnline).length;
    return say('silence.gateways.online', { count: online });
  }
  const othersMs = Math.max(0, ...own.map(({ heardOthersMs = 0 }) => heardOthersMs));
  if (othersMs > lastMs) return say('silence.gateways.hear', { count, ago: nowMs - othersMs });
  return say('silence.gateways.own', { count });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Whether two DevEUIs differ in so little that one may be the other mistyped. */
export function resemblance(devEui: string, other: string): 'typo' | 'reversed' | undefined {
  if (devEui === other || devEui.length !== other.length) return undefined;
  const reversed = (devEui.match(/../g) ?? []).reverse().join('');
  if (reversed === other) return 'reversed';
  const places = [...devEui].map((_, i) => i).filter((i) => devEui[i] !== other[i]);
  const [first = 0, second] = places;
  if (places.length === 1) return 'typo';
  // Two digits exchanged.
  const isSwap =
    places.length === 2 &&
    second !== undefined &&
    devEui[first] === other[second] &&
    devEui[second] === other[first];
  return isSwap ? 'typo' : undefined;
}
