/** What a rule would have done: the engine itself, on the readings of the past, with nothing written. Bounded in records. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmRule, AlarmRuleInput } from '../model/alarm.ts';
import { isTransition } from '../model/alarm-record.ts';
import type { RulePreview } from '../model/alarm-service.ts';
import type { LogRecord } from '../model/record.ts';
import type { Log } from '../store/contract.ts';
import { createEngine } from './core/engine.ts';
import type { SiteView } from './core/site.ts';
import { emptyState } from './core/state.ts';
import type { Subjects } from './core/subjects.ts';

const PIECE = 200;
/** Records read along the devices' own chains, or, for more devices, from the log as it is. */
const MAX_CHAINED = 60_000;
const MAX_DEVICES = 20;
const MAX_SCANNED = 300_000;
const MAX_OCCURRENCES = 100;

export type PreviewLog = Pick<
  Log,
  'readAfter' | 'eventsAfter' | 'ofDevice' | 'lastSeq' | 'firstSeq' | 'timeAfter'
>;

type Occurrence = {
  -readonly [Key in keyof RulePreview['occurrences'][number]]: RulePreview['occurrences'][number][Key];
};

export async function previewRule(
  log: PreviewLog,
  site: SiteView,
  input: AlarmRuleInput,
  fromMs: number,
  nowMs: number,
): Promise<RulePreview> {
  const rule: AlarmRule = {
    ...input,
    enabled: true,
    id: 'preview',
    revision: 1,
    changedMs: fromMs,
    changedBy: '',
  };
  const state = emptyState();
  state.nowMs = fromMs;
  const engine = createEngine(state, site);
  engine.tell({ do: 'put-rules', rules: [rule], by: '' }, fromMs);
  const source = await recordsFor(log, engine.subjects(), fromMs);
  const found: Occurrence[] = [];
  const open = new Map<string, Occurrence>();
  let [readings, times, activeMs] = [0, 0, 0];
  const note = (): void => {
    for (const { body, timeMs } of engine.take().output) {
      if (!isTransition(body)) continue;
      const { alarm, subject, subjectName, message, said, event } = body;
      if (event === 'raised') {
        const one = { subject, subjectName, message, said, fromMs: timeMs };
        times += 1;
        open.set(alarm, one);
        found.push(one);
        if (found.length > MAX_OCCURRENCES) found.shift();
      } else if (event === 'cleared') {
        const one = open.get(alarm);
        if (one) one.toMs = timeMs;
        open.delete(alarm);
        activeMs += one ? timeMs - one.fromMs : 0;
      }
    }
  };
  for await (const records of source.pieces) {
    for (const record of records) {
      if (record.kind === 'uplink') readings += 1;
      engine.step(record);
    }
    note();
  }
  engine.advance(nowMs);
  note();
  for (const one of open.values()) activeMs += nowMs - one.fromMs;
  return {
    ...{ fromMs: source.fromMs, toMs: nowMs, times, activeMs, readings },
    ...{ occurrences: found.reverse(), isCut: source.isCut },
    problems: engine.subjects().problems.get(rule.id) ?? [],
    isBlind: input.condition.kind === 'box' || input.condition.kind === 'join-refused',
  };
}

interface Source {
  readonly pieces: AsyncIterable<readonly LogRecord[]>;
  readonly fromMs: number;
  readonly isCut: boolean;
}

async function recordsFor(log: PreviewLog, subjects: Subjects, fromMs: number): Promise<Source> {
  const devices = [...subjects.byDevice.keys()];
  const afterSeq = seqBefore(log, fromMs);
  if (devices.length === 0) return { pieces: events(log, afterSeq), fromMs, isCut: false };
  if (devices.length <= MAX_DEVICES) return chained(log, devices, afterSeq, fromMs);
  const firstSeq = Math.max(afterSeq, log.lastSeq() - MAX_SCANNED);
  const isCut = firstSeq > afterSeq;
  return {
    pieces: scanned(log, firstSeq),
    fromMs: isCut ? (log.timeAfter(firstSeq) ?? fromMs) : fromMs,
    isCut,
  };
}

/** The last record from before `timeMs`, about: the log is nearly in the order of time. */
function seqBefore(log: PreviewLog, timeMs: number): number {
  let low = log.firstSeq() - 1;
  let high = log.lastSeq();
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((log.timeAfter(middle) ?? Number.POSITIVE_INFINITY) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A device's records lie far apart on the disk: others have their turn between two pages. */
async function chained(
  log: PreviewLog,
  devices: readonly string[],
  afterSeq: number,
  fromMs: number,
): Promise<Source> {
  const most = Math.floor(MAX_CHAINED / devices.length);
  let isCut = false;
  const records: LogRecord[] = [];
  for (const device of devices) {
    let before = Number.MAX_SAFE_INTEGER;
    let left = most;
    for (; left > 0; await nextTurn()) {
      const page = log.ofDevice(device, before, PIECE);
      const fresh = page.filter(({ seq, kind }) => seq > afterSeq && kind === 'uplink');
      records.push(...fresh);
      left -= fresh.length;
      const last = page.at(-1);
      if (!last || last.seq <= afterSeq || page.length < PIECE) break;
      before = last.seq;
    }
    isCut ||= left <= 0;
  }
  records.sort((a, b) => a.seq - b.seq);
  return { pieces: inPieces(records), fromMs: isCut ? (records[0]?.timeMs ?? fromMs) : fromMs, isCut };
}

async function* inPieces(records: readonly LogRecord[]): AsyncGenerator<readonly LogRecord[]> {
  for (let at = 0; at < records.length; at += PIECE) {
    yield records.slice(at, at + PIECE);
    await nextTurn();
  }
}

async function* scanned(log: PreviewLog, afterSeq: number): AsyncGenerator<readonly LogRecord[]> {
  let after = afterSeq;
  for (;;) {
    const records = log.readAfter(after, PIECE);
    const last = records.at(-1);
    if (!last) return;
    after = last.seq;
    yield records;
    await nextTurn();
  }
}

async function* events(log: PreviewLog, afterSeq: number): AsyncGenerator<readonly LogRecord[]> {
  let after = afterSeq;
  while (after < log.lastSeq()) {
    const { events: found, to } = log.eventsAfter(after, 20_000);
    if (to <= after) return;
    after = to;
    yield found;
    await nextTurn();
  }
}
