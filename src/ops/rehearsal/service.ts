/**
 * The outage rehearsal: cuts lines, watches, mends them at their time, and proves afterwards that nothing was lost or doubled.
 * What it is at stands in the store, deadline included; a start that finds one under way says so, leaves the lines whole and
 * goes on with the proof.
 */
import { randomBytes } from 'node:crypto';
import { type CuttableLines, LINES, type LineName } from '../../model/line.ts';
import {
  type CutLine,
  type ReaderMark,
  type Rehearsal,
  type RehearsalPlan,
  type RehearsalPreview,
  type RehearsalStatus,
  verdictOf,
} from '../../model/rehearsal.ts';
import type { ApplianceStatus } from '../../model/status.ts';
import { createWakeup, type Wakeup } from '../../model/wakeup.ts';
import type { Part, World } from '../../model/world.ts';
import type { Log, Notes } from '../../store/contract.ts';
import { durationText } from './page.ts';
import { lookAhead } from './plan.ts';
import { type ProofOptions, prove } from './prove.ts';
import { readRehearsal, saveRehearsal, withEvent, withSample } from './record.ts';

const TICKS = 60;
const TICK = { minMs: 1_000, maxMs: 60_000 };
/** What the broker kept comes within seconds of the first message. */
const SETTLE_MS = 15_000;
const LEAST_CATCH_UP_MS = 30 * 60_000;
const RATE_RECORDS = 500;
const HOUR_MS = 3_600_000;

export interface RehearsalOptions extends Pick<ProofOptions, 'checkInflux' | 'askCentre'> {
  readonly lines: CuttableLines;
  readonly notes: Notes;
  readonly log: Pick<Log, 'readAfter' | 'readBefore' | 'lastSeq'>;
  readonly status: () => ApplianceStatus;
  /** The readers that deliver elsewhere. */
  readonly readers: () => readonly ReaderMark[];
  /** Into the audit trail: it has ended. */
  readonly noteEnd: (detail: Readonly<Record<string, string | number>>) => void;
  readonly world: World;
}

export interface RehearsalService extends Part {
  status(): RehearsalStatus | undefined;
  /** The one under way, or the last. */
  last(): Rehearsal | undefined;
  preview(plan: RehearsalPlan): RehearsalPreview;
  /** Begins one, unless there are objections. */
  begin(plan: RehearsalPlan, by: string): RehearsalPreview;
  /** Mends all lines now; false when none is cut. */
  end(by: string): boolean;
}

interface Context {
  readonly options: RehearsalOptions;
  readonly wakeup: Wakeup;
  current: Rehearsal | undefined;
  /** Monotonic, of the lines that are cut. */
  readonly dueMs: Map<LineName, number>;
  running: Promise<void> | undefined;
}

export function createRehearsalService(options: RehearsalOptions): RehearsalService {
  const context: Context = {
    options,
    wakeup: createWakeup(options.world.clock),
    current: readRehearsal(options.notes),
    dueMs: new Map(),
    running: undefined,
  };
  const preview = (plan: RehearsalPlan) => previewOf(context, plan);
  return {
    preview,
    status: () => statusOf(context.current),
    last: () => context.current,
    begin(plan, by) {
      const ahead = preview(plan);
      if (ahead.objections.length === 0) begin(context, plan, by);
      return ahead;
    },
    end(by) {
      if (context.dueMs.size === 0 || !context.current) return false;
      context.current = { ...context.current, cutShort: `by ${by}` };
      for (const line of context.dueMs.keys()) context.dueMs.set(line, Number.NEGATIVE_INFINITY);
      context.wakeup.wake();
      return true;
    },
    async start() {
      if (context.current && context.current.state !== 'ended') resume(context, context.current);
    },
    async stop() {
      context.wakeup.stop();
      for (const line of LINES) options.lines[line].mend();
      await context.running;
    },
  };
}

function statusOf(current: Rehearsal | undefined): RehearsalStatus | undefined {
  if (!current || current.state === 'ended') return undefined;
  const cut = current.lines.filter(({ mendedMs }) => mendedMs === undefined);
  return { state: current.state, lines: cut.map(({ line, untilMs }) => ({ line, untilMs })) };
}

function previewOf({ options, current }: Context, plan: RehearsalPlan): RehearsalPreview {
  const { log, status, world } = options;
  const newest = log.readBefore(log.lastSeq() + 1, RATE_RECORDS);
  const oldestMs = newest.at(-1)?.timeMs ?? world.clock.nowMs();
  const hours = Math.max((world.clock.nowMs() - oldestMs) / HOUR_MS, 1 / 60);
  return lookAhead({
    plan,
    status: status(),
    recordsAnHour: newest.length / hours,
    isUnderWay: current !== undefined && current.state !== 'ended',
  });
}

function begin(context: Context, plan: RehearsalPlan, by: string): void {
  const { lines, log, readers, world } = context.options;
  const nowMs = world.clock.nowMs();
  const cut: CutLine[] = LINES.flatMap((line) => {
    const forMs = plan[line];
    return forMs === undefined ? [] : [{ line, fromMs: nowMs, untilMs: nowMs + forMs }];
  });
  context.current = {
    id: randomBytes(4).toString('hex'),
    ...{ by, startedMs: nowMs, state: 'running', lines: cut, fromSeq: log.lastSeq(), before: readers() },
    ...{ samples: [], events: [], checks: [] },
  };
  // On the disk before the first line is cut: whoever starts next knows what it was.
  keep(context);
  for (const { line, fromMs, untilMs } of cut) {
    context.dueMs.set(line, world.clock.monotonicMs() + untilMs - fromMs);
    lines[line].cut(untilMs - fromMs);
    tell(context, `the line to ${line} is cut for ${durationText(untilMs - fromMs)}`);
  }
  world.logger.warn('rehearsal.begun', { by, lines: cut.map(({ line }) => line) });
  context.running = run(context);
}

/** After a start in the middle of one: nothing is cut any more. */
function resume(context: Context, found: Rehearsal): void {
  const nowMs = context.options.world.clock.nowMs();
  const lines = found.lines.map((line) => ({ ...line, mendedMs: line.mendedMs ?? nowMs }));
  const wasCut = found.state === 'running';
  context.current = { ...found, lines, ...(wasCut ? { cutShort: 'by a new start of the box' } : {}) };
  tell(context, 'the box has started anew: all lines are whole');
  context.running = run(context);
}

async function run(context: Context): Promise<void> {
  const { options, wakeup } = context;
  try {
    await watchCut(context);
    if (wakeup.stopped()) return;
    await catchUp(context);
    if (wakeup.stopped() || !context.current) return;
    const { fromSeq, markSeq = fromSeq } = context.current;
    const checks = await prove({ ...options, rehearsal: context.current, toSeq: markSeq, wakeup });
    if (wakeup.stopped()) return;
    conclude(context, checks);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    options.world.logger.error('rehearsal.failed', { problem });
    conclude(context, [{ what: 'rehearsal', outcome: 'unproved', text: `it broke off: ${problem}` }]);
  } finally {
    for (const line of LINES) options.lines[line].mend();
  }
}

async function watchCut(context: Context): Promise<void> {
  const { wakeup, dueMs, options } = context;
  const { clock } = options.world;
  const longestMs = Math.max(0, ...[...dueMs.values()].map((due) => due - clock.monotonicMs()));
  const tickMs = tickOf(longestMs);
  observe(context);
  while (dueMs.size > 0 && !wakeup.stopped()) {
    const next = Math.min(...dueMs.values()) - clock.monotonicMs();
    await wakeup.until(Math.max(0, Math.min(next, tickMs)), () => isAnyDue(context));
    if (wakeup.stopped()) return;
    observe(context);
    for (const [line, due] of dueMs) if (due <= clock.monotonicMs()) mend(context, line);
  }
}

function isAnyDue({ dueMs, options }: Context): boolean {
  return [...dueMs.values()].some((due) => due <= options.world.clock.monotonicMs());
}

function mend(context: Context, line: LineName): void {
  const { options, dueMs, current } = context;
  options.lines[line].mend();
  dueMs.delete(line);
  if (!current) return;
  const mendedMs = options.world.clock.nowMs();
  const lines = current.lines.map((cut) => (cut.line === line ? { ...cut, mendedMs } : cut));
  context.current = { ...current, lines };
  tell(context, `the line to ${line} is whole again`);
}

/** Until every reader has what was in the log when the last line was mended, or it takes too long. */
async function catchUp(context: Context): Promise<void> {
  const { wakeup, options, current } = context;
  if (!current) return;
  const { clock } = options.world;
  const longestMs = Math.max(...current.lines.map(({ fromMs, untilMs }) => untilMs - fromMs));
  const endMs = clock.monotonicMs() + Math.max(LEAST_CATCH_UP_MS, longestMs);
  const wasBrokerCut = current.lines.some(({ line }) => line === 'broker');
  const isOver = () => clock.monotonicMs() >= endMs || wakeup.stopped();
  context.current = { ...current, state: 'catching_up' };
  keep(context);
  while (wasBrokerCut && !isOver() && options.status().broker.state !== 'ok') await wakeup.sleep(TICK.minMs);
  if (wasBrokerCut) await wakeup.sleep(SETTLE_MS);
  context.current = { ...context.current, markSeq: options.log.lastSeq() };
  keep(context);
  for (let turn = 0; !isOver() && !isCaughtUp(context); turn += 1) {
    await wakeup.sleep(TICK.minMs);
    if (turn % 10 === 0) observe(context);
  }
  observe(context);
}

function isCaughtUp({ options, current }: Context): boolean {
  return options.readers().every(({ seq }) => seq >= (current?.markSeq ?? 0));
}

function conclude(context: Context, checks: Rehearsal['checks']): void {
  const { options, current } = context;
  if (!current) return;
  const endedMs = options.world.clock.nowMs();
  context.current = { ...current, state: 'ended', checks, endedMs };
  keep(context);
  const verdict = verdictOf(context.current);
  options.world.logger[verdict === 'proved' ? 'info' : 'warn']('rehearsal.ended', { verdict });
  const lines = current.lines.map(({ line }) => line).join(', ');
  options.noteEnd({ verdict, lines, records: (current.markSeq ?? current.fromSeq) - current.fromSeq });
}

/** What is seen now, and what the box says of its lines where that has changed. */
function observe(context: Context): void {
  const { options, current } = context;
  if (!current) return;
  const { store, ...parts } = options.status();
  const waiting = Object.fromEntries(options.readers().map(({ name, pending }) => [name, pending]));
  const { lastSeq, sizeBytes: storeBytes } = store;
  context.current = withSample(current, {
    ...{ timeMs: options.world.clock.nowMs(), lastSeq, waiting, storeBytes },
  });
  for (const { line } of current.lines) {
    const { state, detail } = parts[line];
    tell(context, `the box says of ${line}: ${state}, ${detail}`);
  }
  tell(context, `the box says of its store: ${store.state}, ${store.detail}`);
}

function tell(context: Context, text: string): void {
  const { current, options } = context;
  if (!current) return;
  const next = withEvent(current, { timeMs: options.world.clock.nowMs(), text });
  if (next === current) return;
  context.current = next;
  keep(context);
}

function keep({ options, current }: Context): void {
  saveRehearsal(options.notes, current, options.world);
}

function tickOf(longestMs: number): number {
  return Math.min(TICK.maxMs, Math.max(TICK.minMs, longestMs / TICKS));
}
