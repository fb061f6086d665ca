/**
 * The way out of what is planned: each chain (a server, a broker) sends one message after the other, the line that is due first in
 * front. A message is on disk before it leaves, with its Message-ID; what became of it is on disk with its proof. After a crash in
 * between, or where the answer was lost, the very same message goes again.
 */

import { backoffMs } from '../model/backoff.ts';
import type { NotifyPerson, NotifyProof } from '../model/notify.ts';
import type { SaidKey } from '../model/said.ts';
import type { World } from '../model/world.ts';
import { addressText, chainOf } from './addresses.ts';
import type { Answer, ChannelSender, Outgoing, SendOutcome } from './channels/channel.ts';
import { dueMs, levelOf, noteSent, putBack, takeContent } from './plan/pace.ts';
import { holdBack } from './plan/plan.ts';
import { isQuiet, type PlanContext } from './plan/recipients.ts';
import { type Line, lineKey, type MessageContent, type OutMessage, type PlanState } from './plan/state.ts';
import type { Proofs } from './proofs.ts';
import type { Rendered } from './texts/render.ts';

/** A message that is refused so often is given up. */
const MAX_REFUSALS = 5;
const RETRY = { minMs: 10_000, maxMs: 900_000 };
const RELAY_GAP_MS = 10_000;

/** How a chain does; since the start. */
export interface ChainState {
  readonly name: string;
  readonly sender: ChannelSender;
  sent: number;
  failed: number;
  attempts: number;
  retryMs: number;
  /** By line: at which of all tries it was tried last. */
  readonly tried: Map<string, number>;
  tries: number;
  lastSentMs?: number | undefined;
  problem?: (Answer & { readonly sinceMs: number; readonly todo: SaidKey | undefined }) | undefined;
}

export interface SendContext {
  readonly world: World;
  readonly nowMs: () => number;
  readonly site: string;
  readonly state: PlanState;
  readonly plan: () => PlanContext;
  readonly personOf: (line: Line) => NotifyPerson | undefined;
  readonly proofs: Proofs;
  /** Loads the words with the first message. */
  readonly renderer: () => Promise<
    (content: MessageContent, person: NotifyPerson, nowMs: number) => Rendered
  >;
  readonly pageOf: (alarm?: string) => string | undefined;
  readonly newMessageId: () => string;
  /** Resolves when all that has changed is on disk. */
  readonly commit: () => Promise<void>;
  /** Of lines that failed, when to try again; a restart tries at once. */
  readonly retryMs: Map<string, number>;
}

export function createChain(name: string, sender: ChannelSender): ChainState {
  return { name, sender, sent: 0, failed: 0, attempts: 0, retryMs: 0, tried: new Map(), tries: 0 };
}

/** The line of the chain that is due first, and when; of several that are due, the one that was tried longest ago: one that fails for ever holds up no other. */
export function nextLine(context: SendContext, chain: ChainState): { line: Line; dueMs: number } | undefined {
  let first: { line: Line; dueMs: number } | undefined;
  const nowMs = context.nowMs();
  for (const line of context.state.lines.values()) {
    if (chainOf(line.address) !== chain.name) continue;
    const retryMs = soon(chain.retryMs, nowMs);
    const due = Math.max(lineDueMs(context, line, nowMs), retryMs, nowMs);
    const isFirst =
      !first || due < first.dueMs || (due === first.dueMs && triedAt(line) < triedAt(first.line));
    if (due < Number.POSITIVE_INFINITY && isFirst) first = { line, dueMs: due };
  }
  return first;

  function triedAt({ id }: Line): number {
    return chain.tried.get(id) ?? 0;
  }
}

/** A time to try again that lies further ahead than any does was set by a clock that has been set back since: it is over. */
function soon(retryMs: number, nowMs: number): number {
  return retryMs > nowMs + 2 * RETRY.maxMs ? nowMs : retryMs;
}

/** When it has something to send, back-off of its own included; Infinity for not. */
export function lineDueMs(context: SendContext, line: Line, nowMs: number): number {
  const retryMs = soon(context.retryMs.get(line.id) ?? 0, nowMs);
  if (line.current) return retryMs;
  if (line.address.channel !== 'downlink') return Math.max(retryMs, dueMs(line, nowMs));
  if (wantedLevel(context, line, nowMs) === line.level) return Number.POSITIVE_INFINITY;
  return Math.max(retryMs, (line.sent.at(-1)?.timeMs ?? -RELAY_GAP_MS) + RELAY_GAP_MS);
}

function wantedLevel({ state, plan, personOf }: SendContext, line: Line, nowMs: number): 'on' | 'off' {
  const person = personOf(line);
  if (line.isClosing) return 'off';
  return levelOf(
    state,
    line.id,
    (priority) => person !== undefined && isQuiet(plan(), person, priority, nowMs),
  );
}

/** Sends what the line has to say; resolves when what became of it is on disk. */
export async function sendNext(
  context: SendContext,
  chain: ChainState,
  line: Line,
  signal: AbortSignal,
): Promise<void> {
  const person = context.personOf(line);
  if (!person) return;
  const message = line.current ?? (await prepare(context, chain, line, person));
  if (!message || signal.aborted) return;
  chain.tries += 1;
  chain.tried.set(line.id, chain.tries);
  const outcome = await chain.sender.send(outgoing(context, line, message, person), signal);
  // Stopped on the way: nobody knows, and the next start sends the same again.
  if (signal.aborted && outcome.kind !== 'sent') return;
  if (outcome.kind === 'sent') noteDelivered(context, chain, line, message, outcome);
  else noteFailure(context, chain, line, message, outcome);
  if (line.isClosing && line.level === 'off' && !line.current) context.state.lines.delete(line.id);
  context.state.changed.add(lineKey(line.id));
  await context.commit();
}

/** The message as it will leave, on disk. */
async function prepare(
  context: SendContext,
  chain: ChainState,
  line: Line,
  person: NotifyPerson,
): Promise<OutMessage | undefined> {
  const render = await context.renderer();
  const nowMs = context.nowMs();
  const failingSinceMs = line.failing?.sinceMs ?? chain.problem?.sinceMs;
  // Taken and kept in one turn: at no moment it is in neither place.
  if (holdBack(context.state, context.plan(), line, person, nowMs)) return undefined;
  const taken = contentOf(context, line, nowMs, failingSinceMs);
  if (!taken) return undefined;
  const content = taken;
  const words = render(content, person, nowMs);
  const message = {
    ...{ messageId: context.newMessageId(), madeMs: nowMs, content, maybeArrived: false },
    ...words,
  };
  line.current = message;
  context.state.changed.add(lineKey(line.id));
  await context.commit();
  return message;
}

function contentOf(
  context: SendContext,
  line: Line,
  nowMs: number,
  failingSinceMs: number | undefined,
): MessageContent | undefined {
  if (line.address.channel !== 'downlink') return takeContent(context.state, line, nowMs, failingSinceMs);
  const kind = wantedLevel(context, line, nowMs);
  const counts = { raised: 0, cleared: 0, over: 0, byPriority: {}, items: [] };
  const news = { ...counts, firstMs: nowMs, lastMs: nowMs, firstSeq: 0, lastSeq: 0 };
  return { kind, active: 0, news };
}

function outgoing(context: SendContext, line: Line, message: OutMessage, person: NotifyPerson): Outgoing {
  const { items } = message.content.news;
  const page = context.pageOf(items.length === 1 ? items[0]?.alarm : undefined);
  const { messageId, madeMs, content, subject, text } = message;
  return {
    ...{ messageId, madeMs, content, subject, text, page },
    ...{ address: line.address, personName: person.name, site: context.site },
  };
}

function noteDelivered(
  context: SendContext,
  chain: ChainState,
  line: Line,
  message: OutMessage,
  { answer, said }: Answer,
): void {
  const nowMs = context.nowMs();
  const { content } = message;
  context.proofs.add(proofOf(context, line, message, { outcome: 'sent', answer, said }));
  line.current = undefined;
  noteSent(line, content, nowMs);
  if (content.kind === 'on' || content.kind === 'off') line.level = content.kind;
  context.retryMs.delete(line.id);
  chain.sent += 1;
  chain.lastSentMs = nowMs;
  chain.attempts = 0;
  chain.retryMs = 0;
  chain.problem = undefined;
}

function noteFailure(
  context: SendContext,
  chain: ChainState,
  line: Line,
  message: OutMessage,
  outcome: Exclude<SendOutcome, { kind: 'sent' }>,
): void {
  const { world } = context;
  const nowMs = context.nowMs();
  const { answer, said } = outcome;
  const isRefused = outcome.kind === 'refused';
  const before = line.failing ?? { attempts: 0, refusals: 0, sinceMs: nowMs, answer: '' };
  line.failing = {
    ...{ attempts: before.attempts + 1, refusals: before.refusals + Number(isRefused) },
    ...{ sinceMs: before.sinceMs, answer, said },
  };
  if (!isRefused && outcome.isOfChannel) {
    const askedMs = Math.min(outcome.waitMs ?? 0, RETRY.maxMs);
    chain.retryMs = nowMs + Math.max(askedMs, backoffMs(chain.attempts, RETRY, world.random));
    chain.attempts += 1;
  } else context.retryMs.set(line.id, nowMs + backoffMs(before.attempts, RETRY, world.random));
  const todo = isRefused ? 'notify.address.todo' : outcome.todo;
  chain.problem = { sinceMs: chain.problem?.sinceMs ?? nowMs, answer, said, todo };
  const maybeArrived = message.maybeArrived || (!isRefused && outcome.maybeArrived);
  const isRelay = line.address.channel === 'downlink' && !line.isClosing;
  const isGivenUp = isRefused && line.failing.refusals >= MAX_REFUSALS && !isRelay;
  if (isGivenUp) {
    context.proofs.add(proofOf(context, line, message, { outcome: 'failed', answer, said }));
    chain.failed += 1;
    line.current = undefined;
    line.failing = undefined;
    if (message.content.kind === 'flood-end') line.flood = undefined;
    if (line.isClosing) line.level = 'off';
  } else if (maybeArrived) line.current = { ...message, maybeArrived };
  else {
    line.current = undefined;
    putBack(line, message.content);
  }
}

export function proofOf(
  { nowMs, personOf }: Pick<SendContext, 'nowMs' | 'personOf'>,
  line: Pick<Line, 'person' | 'address' | 'failing'> & Line,
  { messageId, subject, content, maybeArrived }: OutMessage,
  { outcome, answer, said }: Pick<NotifyProof, 'outcome' | 'answer' | 'said'>,
): Omit<NotifyProof, 'n'> {
  const timeMs = nowMs();
  return {
    ...{ timeMs, outcome, answer, said, messageId, subject },
    person: line.person,
    personName: personOf(line)?.name ?? line.person,
    channel: line.address.channel,
    to: addressText(line.address),
    alarms: content.news.raised + content.news.cleared,
    ageMs: Math.max(0, timeMs - content.news.firstMs),
    // One that failed is counted already.
    attempts: (line.failing?.attempts ?? 0) + Number(outcome === 'sent'),
    ...(maybeArrived ? { maybeTwice: true } : {}),
  };
}
