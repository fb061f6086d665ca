/**
 * Tells people of alarms: reads what the engine wrote into the log behind a position of its own, plans who is told of what and
 * when, and sends it. Position, plan and proof move in one transaction each (`Change.kept`), so that a crash finds a message as
 * planned, as on its way, or as told, never as two of them.
 */

import { alarmBody } from '../model/alarm-record.ts';
import { errorText } from '../model/error-text.ts';
import type { NotifyPerson } from '../model/notify.ts';
import type { NotifyService } from '../model/notify-service.ts';
import { tell } from '../model/said.ts';
import { createWakeup, type Wakeup } from '../model/wakeup.ts';
import type { World } from '../model/world.ts';
import { bookOf, putIntoBook, removeFromBook } from './book.ts';
import { answered } from './channels/channel.ts';
import type { NotifierOptions } from './options.ts';
import { nextTimeMs, takeRecord, takeTime } from './plan/plan.ts';
import { allLines, type PlanContext } from './plan/recipients.ts';
import { emptyState, type Line, lineKey, type PlanState, readState, takeChanges } from './plan/state.ts';
import { createProofs, type Proofs } from './proofs.ts';
import { type ChainState, createChain, nextLine, proofOf, type SendContext, sendNext } from './sender.ts';
import { createNotifyHealth, waitingOf } from './status.ts';
import { createTrials } from './trials.ts';

const NOTIFY_READER = 'notify';

interface Notifier extends SendContext {
  readonly options: NotifierOptions;
  readonly wakeup: Wakeup;
  readonly chains: ReadonlyMap<string, ChainState>;
  /** Counts what may have made something due. */
  revision: number;
  /** How often people have changed something that was not looked at yet. */
  asked: number;
  /** The book as it was when the lines were last compared with it. */
  lines: ReadonlyMap<string, { readonly person: NotifyPerson }>;
}

/** Records looked at in one turn, and bytes of what is no reading. */
const PIECE = 5_000;
const PIECE_BYTES = 262_144;
/** Company is waited for: a flood of alarms is a few commits, not thousands. */
const GATHER_MS = 200;
/** Where there was nothing to tell, the position is put down so often. */
const POSITION_EVERY = 50_000;

/** After an error. */
const AGAIN_MS = 10_000;
/** So long without another one and it is over. */
const CALM_MS = 60_000;

export function createNotifier(options: NotifierOptions): NotifyService {
  const { store, world, config, nowMs } = options;
  const { documents } = store;
  let notifier: Notifier | undefined;
  let running: Promise<unknown> | undefined;
  const pause = createWakeup(world.clock);
  /** What went wrong last, and when by the monotonic clock. */
  let fault: { readonly error: string; readonly ms: number } | undefined;
  const bookOptions = { documents, webhooks: config.webhooks.map(({ name }) => name), nowMs };
  const book = () => bookOf(documents);
  const health = createNotifyHealth(options);
  const trials = createTrials(options);
  const changed = (): void => {
    if (notifier) lookAgain(notifier);
  };

  const isFresh = (): boolean => fault !== undefined && world.clock.monotonicMs() - fault.ms < CALM_MS;

  /** What is in memory at an error is not what is on the disk: it is read anew, and gone on with. */
  async function keepTelling(): Promise<void> {
    while (!pause.stopped()) {
      try {
        notifier = open(options);
        return await runLoops(notifier);
      } catch (error) {
        fault = { error: errorText(error), ms: world.clock.monotonicMs() };
        world.logger.error('notify.failed', { error: fault.error });
      }
      await pause.sleep(AGAIN_MS);
    }
  }

  return {
    book,
    put(kind, id, input, revision, by) {
      const outcome = putIntoBook(bookOptions, { kind, id, revision, by }, input);
      changed();
      return outcome;
    },
    remove(kind, id, revision) {
      const outcome = removeFromBook(bookOptions, kind, id, revision);
      changed();
      return outcome;
    },
    async test(id, channel) {
      const person = book().people.get(id);
      if (!person) return { refused: 'unknown', detail: 'There is nobody of this name.' };
      if (!notifier) return { refused: 'busy', detail: 'The box is starting. Try again in a few seconds.' };
      return await trials.run(notifier, person, channel);
    },
    status: () => health(notifier, book(), isFresh() ? fault?.error : undefined),
    waiting: () => (notifier ? waitingOf(notifier) : []),
    proofs: (before, limit, wanted) => notifier?.proofs.list(before, limit, wanted) ?? [],
    async start() {
      running = keepTelling();
    },
    async stop() {
      pause.stop();
      notifier?.wakeup.stop();
      await running;
    },
  };
}

/** Until it is stopped. Rejects with the first error, when nothing of it runs any more. */
async function runLoops(notifier: Notifier): Promise<void> {
  const { wakeup, chains, options } = notifier;
  const off = options.store.log.onAppend(() => wakeup.wake());
  const loops = [follow(notifier), ...[...chains.values()].map((chain) => runChain(notifier, chain))];
  // One that ends by an error ends the others.
  const ended = await Promise.allSettled(loops.map((loop) => loop.finally(() => wakeup.stop())));
  off();
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

function open(options: NotifierOptions): Notifier {
  const { store, world, config, site, senders, nowMs, timeZone } = options;
  const rows = store.kept(NOTIFY_READER);
  const state = readState(rows) ?? emptyState(store.log.lastSeq());
  state.position = Math.min(state.position, store.log.lastSeq());
  // What was on its way when the box stopped may have arrived.
  for (const line of state.lines.values()) if (line.current) line.current.maybeArrived = true;
  const proofs = createProofs(rows);
  const wakeup = createWakeup(world.clock);
  const pageOf = (alarm?: string): string | undefined =>
    config.pagesUrl &&
    `${config.pagesUrl.replace(/\/+$/, '')}/#/alarms${alarm === undefined ? '' : `/${encodeURIComponent(alarm)}`}`;
  const siteName = site.name ?? site.id;
  const notifier: Notifier = {
    ...{ options, world, nowMs, site: siteName, state, proofs, pageOf, wakeup, revision: 0, asked: 0 },
    retryMs: new Map(),
    chains: new Map([...senders].map(([name, sender]) => [name, createChain(name, sender)])),
    lines: new Map(),
    plan: () => ({ book: bookOf(store.documents), timeZone }),
    personOf: (line) => notifier.lines.get(line.id)?.person ?? (line.isClosing ? formerly(line) : undefined),
    async renderer() {
      const { render } = await import('./texts/render.ts');
      const context = { site: siteName, timeZone, pageOf, ruleOf: options.ruleOf };
      return (content, person, at) => render(content, person, context, at);
    },
    newMessageId: () => newMessageId(world, config.from, site.id),
    commit: () => commit(store, state, proofs),
  };
  compareLines(notifier);
  return notifier;
}

/** Whoever it was of: the last that is sent there is no message to anybody. */
function formerly({ person: id }: Line): NotifyPerson {
  return { id, name: id, language: 'en', addresses: [], revision: 0, changedMs: 0, changedBy: '' };
}

/** Two of them are never the same; the part behind '@' tells the postmaster where it is from. */
function newMessageId({ random }: World, from: string | undefined, site: string): string {
  const part = (): string => Math.floor(random() * 2 ** 48).toString(36);
  const domain = /@([A-Za-z0-9.-]+)/.exec(from ?? '')?.[1];
  return `${part()}.${part()}.${site}@${domain ?? 'webscada-edge'}`;
}

async function commit(store: NotifierOptions['store'], state: PlanState, proofs: Proofs): Promise<void> {
  const { put, remove } = takeChanges(state);
  const proven = proofs.takeChanges();
  for (const [key, proof] of proven.put) put.set(key, proof);
  await store.commit({ kept: { reader: NOTIFY_READER, put, remove: [...remove, ...proven.remove] } });
}

/** Something was changed by somebody: people, groups, routes. */
function lookAgain(notifier: Notifier): void {
  compareLines(notifier);
  lookAt(notifier);
}

function lookAt(notifier: Notifier): void {
  notifier.asked += 1;
  notifier.revision += 1;
  notifier.wakeup.wake();
}

/** Lines whose person or address is gone are closed; what waited there is written down as dropped. */
function compareLines(notifier: Notifier): void {
  const { state, proofs } = notifier;
  const known = allLines(bookOf(notifier.options.store.documents));
  for (const line of state.lines.values()) {
    const isClosing = !known.has(line.id) && isOn(line) ? true : undefined;
    if (line.isClosing !== isClosing) {
      line.isClosing = isClosing;
      state.changed.add(lineKey(line.id));
    }
    if (known.has(line.id) || isClosing) continue;
    state.lines.delete(line.id);
    for (const chain of notifier.chains.values()) chain.tried.delete(line.id);
    state.changed.add(lineKey(line.id));
    const news = line.current?.content.news ?? line.now ?? line.quiet ?? Object.values(line.digests)[0];
    if (!news) continue;
    const dropped =
      line.current ??
      ({
        messageId: '',
        madeMs: 0,
        content: { kind: 'news', news, active: 0 },
        subject: '',
        text: '',
        maybeArrived: false,
      } as const);
    const why = answered(tell('notify.takenOut'));
    proofs.add(proofOf(notifier, line, dropped, { outcome: 'dropped', ...why }));
  }
  notifier.lines = known;
}

/** A relay that somebody switched on, or may have. */
function isOn({ address, level, current }: Line): boolean {
  return address.channel === 'downlink' && (level === 'on' || current?.content.kind === 'on');
}

/** Reads the log and the clock for ever. */
async function follow(notifier: Notifier): Promise<void> {
  const { wakeup, state, options } = notifier;
  const { log } = options.store;
  let notedAt = state.position;
  let nextMs = 0;
  let seenMs = 0;
  if (!options.store.kept(NOTIFY_READER).has('position')) await notifier.commit();
  while (!wakeup.stopped()) {
    if (state.position < log.lastSeq()) readOn(notifier);
    const nowMs = notifier.nowMs();
    // A clock that is set back leaves times to look that never come.
    const wasSetBack = nowMs < seenMs;
    seenMs = nowMs;
    if (state.changed.size > 0 || notifier.asked > 0 || nowMs >= nextMs || wasSetBack) {
      notifier.asked = 0;
      takeTime(state, notifier.plan(), nowMs);
      nextMs = nextTimeMs(state, nowMs);
    }
    if (state.changed.size > 0 || state.position - notedAt >= POSITION_EVERY) {
      notedAt = state.position;
      await notifier.commit();
      notifier.revision += 1;
      wakeup.wake();
    }
    if (state.position < log.lastSeq()) continue;
    const isAsked = (): boolean => state.position < log.lastSeq() || notifier.asked > 0;
    await wakeup.until(Math.max(0, nextMs - notifier.nowMs()), isAsked);
    await wakeup.sleep(GATHER_MS);
  }
}

function readOn(notifier: Notifier): void {
  const { state, options, nowMs } = notifier;
  const { events, to } = options.store.log.eventsAfter(state.position, PIECE, PIECE_BYTES);
  const context: PlanContext = notifier.plan();
  for (const record of events) {
    if (record.kind !== 'alarm') continue;
    takeRecord(state, context, { seq: record.seq, timeMs: record.timeMs, body: alarmBody(record) }, nowMs());
  }
  state.position = to;
}

/** Sends what is due on this chain, for ever. */
async function runChain(notifier: Notifier, chain: ChainState): Promise<void> {
  const { wakeup } = notifier;
  while (!wakeup.stopped()) {
    const seen = notifier.revision;
    const next = nextLine(notifier, chain);
    const waitMs = (next?.dueMs ?? Number.POSITIVE_INFINITY) - notifier.nowMs();
    if (next && waitMs <= 0) {
      await sendNext(notifier, chain, next.line, wakeup.signal);
      // Held back for the quiet hours: somebody must look when these are over.
      if (notifier.state.changed.size > 0) lookAt(notifier);
    } else await wakeup.until(Math.min(waitMs, LOOK_MS), () => notifier.revision !== seen);
  }
}

/** Quiet times of relays end by the clock on the wall. */
const LOOK_MS = 60_000;
