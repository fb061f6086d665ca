/**
 * Plays a capture against an MQTT broker: the frames it holds, at the distances in time they were heard with or faster, by the
 * gateways that heard them. Their bytes are as they were: who has the keys of the devices can read them, once, as their
 * counters say. What had been sent to devices is not played: what answers is the network server.
 */
import { readFile, stat } from 'node:fs/promises';
import { modulationOfDataRate } from '../gateway/bridge/modulation.ts';
import { type CapturedFrame, readCapture } from '../model/capture.ts';
import { errorText } from '../model/error-text.ts';
import type { Part, World } from '../model/world.ts';
import { createSimulatedGateway, type SimulatedGateway } from './gateway.ts';

export interface CapturePlayerOptions {
  /** The broker; a function where it is known only when the broker runs. */
  readonly url: () => string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** A file of NDJSON. */
  readonly capture: string;
  /** How many times faster than it was heard. */
  readonly speed: number;
  readonly world: World;
}

export interface CapturePlayer extends Part {
  /** Since the start; `left` is undefined before the capture was read. */
  counts(): { readonly played: number; readonly left: number | undefined };
}

const MAX_BYTES = 64 * 1024 * 1024;
/** The gateways connect meanwhile. */
const FIRST_FRAME_MS = 1_000;
const REPORT_INTERVAL_MS = 30_000;

interface PlayerContext {
  readonly options: CapturePlayerOptions;
  frames: readonly CapturedFrame[] | undefined;
  gateways: ReadonlyMap<string, SimulatedGateway>;
  /** Index of the next frame. */
  next: number;
  played: number;
  /** Monotonic, when the first frame was due; undefined before a gateway is connected. */
  beganMs: number | undefined;
  isStopped: boolean;
  cancelTimer: () => void;
  cancelReports: () => void;
}

/** A capture that cannot be read is said to be so; nothing is played then. */
export function createCapturePlayer(options: CapturePlayerOptions): CapturePlayer {
  const player: PlayerContext = {
    options,
    frames: undefined,
    gateways: new Map(),
    ...{ next: 0, played: 0, beganMs: undefined, isStopped: false },
    cancelTimer: () => {},
    cancelReports: () => {},
  };
  return {
    counts: () => ({ played: player.played, left: player.frames && player.frames.length - player.next }),
    start: () => start(player),
    async stop() {
      player.isStopped = true;
      player.cancelTimer();
      player.cancelReports();
      await Promise.all([...player.gateways.values()].map((gateway) => gateway.stop()));
    },
  };
}

async function start(player: PlayerContext): Promise<void> {
  const { url, username, password, capture: file, world } = player.options;
  const text = await readText(file).catch((error) => ({ problem: errorText(error) }));
  const capture = typeof text === 'string' ? readCapture(text) : text.problem;
  if (typeof capture === 'string') {
    world.logger.error('simulator.no_capture', { file, problem: capture });
    return;
  }
  player.frames = capture.frames;
  const onConnect = (): void => begin(player);
  player.gateways = new Map(
    capture.gatewayIds.map((gatewayId) => [
      gatewayId,
      createSimulatedGateway({
        planned: { gatewayId, position: { east: 0, north: 0 }, marshaler: 'protobuf', hasTime: false },
        ...{ url: url(), username, password, onConnect, world },
      }),
    ]),
  );
  for (const gateway of player.gateways.values()) gateway.start();
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, ${MAX_BYTES} are read at most`);
  return readFile(file, 'utf8');
}

/** The first gateway is connected. */
function begin(player: PlayerContext): void {
  const { world } = player.options;
  if (player.beganMs !== undefined || player.isStopped) return;
  player.beganMs = world.clock.monotonicMs() + FIRST_FRAME_MS;
  setTimer(player);
  reportLater(player);
}

function setTimer(player: PlayerContext): void {
  const { world } = player.options;
  const due = dueMs(player);
  if (due === undefined) return world.logger.info('simulator.capture_played', { frames: player.played });
  player.cancelTimer = world.clock.after(Math.max(1, due - world.clock.monotonicMs()), () => {
    playDue(player, world.clock.monotonicMs());
    setTimer(player);
  });
}

/** When the next frame is due, monotonic; undefined after the last one. */
function dueMs({ frames = [], next, beganMs = 0, options: { speed } }: PlayerContext): number | undefined {
  const [first] = frames;
  const frame = frames[next];
  return first && frame && beganMs + (frame.timeMs - first.timeMs) / speed;
}

function playDue(player: PlayerContext, nowMs: number): void {
  for (let due = dueMs(player); due !== undefined && due <= nowMs; due = dueMs(player)) {
    const frame = player.frames?.[player.next];
    player.next++;
    if (frame && play(player, frame)) player.played++;
  }
}

/** Whether any gateway could say that it heard it. */
function play({ gateways, options: { world } }: PlayerContext, frame: CapturedFrame): boolean {
  const { phyPayload, frequency, dataRate, receptions } = frame;
  const modulation = modulationOfDataRate(dataRate);
  if (!modulation) {
    world.logger.warn('simulator.frame_not_played', { dataRate });
    return false;
  }
  let isPublished = false;
  for (const { gatewayId, rssi, snr, channel } of receptions) {
    const heard = { phyPayload, frequency, dataRate, modulation, channel };
    if (gateways.get(gatewayId)?.hear(heard, { rssi, snr })) isPublished = true;
  }
  return isPublished;
}

function reportLater(player: PlayerContext): void {
  player.cancelReports = player.options.world.clock.after(REPORT_INTERVAL_MS, () => {
    for (const gateway of player.gateways.values()) gateway.report();
    reportLater(player);
  });
}
