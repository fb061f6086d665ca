/** The newest frames for who asks: told in short, or taken apart. All work is done here, when somebody asks. */
import type { FrameDetail, FrameKind, FrameService, FrameSummary } from '../../model/frame.ts';
import type { World } from '../../model/world.ts';
import { type Frame, parseFrame } from '../lorawan/frame.ts';
import type { FrameOpener } from '../network/frame-opener.ts';
import { dissect, type OpenedFrame } from './dissect.ts';
import { CAPACITY, type NotedFrame, type RecentFrames } from './recent-frames.ts';

/** An accept is sent within seconds of its request: so many of the requests before it are tried. */
const MAX_REQUESTS = 20;

export interface FrameServiceOptions {
  readonly recent: RecentFrames;
  readonly opener: FrameOpener;
  readonly world: World;
}

export function createFrameService({ recent, opener, world }: FrameServiceOptions): FrameService {
  return {
    // Whoever asks for the frames of another run shall not get those of this one.
    run: 1 + Math.floor(world.random() * (2 ** 32 - 1)),
    revision: recent.revision,
    after: (revision, limit) =>
      recent
        .list()
        .filter((frame) => frame.revision > revision)
        .sort((a, b) => a.revision - b.revision)
        .slice(0, limit)
        .map((frame) => summaryOf(frame, recent.bytesOf(frame), opener)),
    get(number) {
      const frame = recent.get(number);
      return frame && detailOf(frame, opener, recent);
    },
    onFrame: recent.onFrame,
  };
}

function summaryOf(noted: NotedFrame, bytes: Uint8Array, opener: FrameOpener): FrameSummary {
  const parsed = parseFrame(bytes);
  const frame = parsed.ok ? parsed.frame : undefined;
  const { number, revision, timeMs } = noted;
  return {
    ...{ number, revision, timeMs, kind: kindOf(frame), isOurs: 'sending' in noted },
    // The slot is written again, and the reader may be slow.
    phyPayload: Uint8Array.from(bytes),
    ...airOf(noted),
    ...(frame ? headOf(frame) : {}),
    ...ownerOf(noted, frame, opener),
  };
}

function kindOf(frame: Frame | undefined): FrameKind {
  if (!frame) return 'other';
  if (frame.kind !== 'data') return frame.kind;
  return frame.direction === 'up' ? 'uplink' : 'downlink';
}

function airOf(noted: NotedFrame): Pick<FrameSummary, 'frequency' | 'dataRate' | 'receptions' | 'sending'> {
  if ('verdict' in noted) {
    const { frequency, dataRate, receptions } = noted;
    return { frequency, dataRate, receptions };
  }
  const { sending } = noted;
  const { frequency = 0, dataRate = '' } = sending.windows[sending.sentIn ?? 0] ?? {};
  return { frequency, dataRate, receptions: [], sending };
}

function headOf(frame: Frame): Partial<FrameSummary> {
  if (frame.kind === 'join-accept') return {};
  if (frame.kind === 'join-request') return { devEui: frame.devEui, joinEui: frame.joinEui };
  const { devAddr, fCnt16: fCnt, fPort, confirmed } = frame;
  return { devAddr, fCnt, confirmed, ...(fPort === null ? {} : { fPort }) };
}

/** Whose it is, as far as that is known without opening it. */
function ownerOf(noted: NotedFrame, frame: Frame | undefined, opener: FrameOpener): Partial<FrameSummary> {
  const verdict = 'verdict' in noted ? noted.verdict : undefined;
  if (verdict && !('refused' in verdict)) {
    const { device: devEui, reading } = verdict;
    return { devEui, ...(reading ? { fCnt: reading.fCnt } : {}) };
  }
  const refused = verdict && { refused: verdict.refused };
  if (verdict?.sender && 'device' in verdict.sender) return { ...refused, devEui: verdict.sender.device };
  if (frame?.kind !== 'data') return { ...refused };
  const [devEui, ...others] = opener.devicesUnder(frame.devAddr);
  if (devEui === undefined) return { ...refused };
  const isCertain = others.length === 0 && verdict?.refused !== 'wrong_mic';
  return { ...refused, ...(isCertain ? { devEui } : { maybeOf: [devEui, ...others] }) };
}

function detailOf(noted: NotedFrame, opener: FrameOpener, recent: RecentFrames): FrameDetail {
  const bytes = recent.bytesOf(noted);
  const parsed = parseFrame(bytes);
  const opened = parsed.ok ? open(noted, parsed.frame, opener, recent) : undefined;
  const parts = dissect(bytes, opened?.content);
  return {
    summary: { ...summaryOf(noted, bytes, opener), ...opened?.owner },
    parts,
    isEncrypted: parts.some(({ encrypted }) => encrypted === true),
  };
}

interface Opened {
  readonly owner: Partial<FrameSummary>;
  readonly content: OpenedFrame;
}

function open(
  noted: NotedFrame,
  frame: Frame,
  opener: FrameOpener,
  recent: RecentFrames,
): Opened | undefined {
  if (frame.kind === 'join-request') return undefined;
  if (frame.kind === 'join-accept') {
    const accept = opener.accept(frame.bytes, joinersBefore(noted.number, recent));
    return accept && { owner: { devEui: accept.devEui }, content: { accept: accept.clear } };
  }
  // Its session may be over; what was read then still holds.
  if ('verdict' in noted && !('refused' in noted.verdict) && noted.verdict.reading)
    return { owner: {}, content: noted.verdict.reading };
  const opened = opener.data(frame);
  return opened && { owner: { devEui: opened.devEui, fCnt: opened.fCnt }, content: opened };
}

/** Who was let in last. */
function joinersBefore(number: number, recent: RecentFrames): readonly string[] {
  const devEuis = new Set<string>();
  for (let before = number - 1; before > number - CAPACITY && devEuis.size < MAX_REQUESTS; before--) {
    const frame = recent.get(before);
    if (!frame) break;
    const parsed = parseFrame(recent.bytesOf(frame));
    if (parsed.ok && parsed.frame.kind === 'join-request') devEuis.add(parsed.frame.devEui);
  }
  return [...devEuis];
}
