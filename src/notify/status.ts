/** How the notifications stand, in words: whether anybody is told, which server is away and since when, what waits. */
import { createHealth } from '../model/health.ts';
import type { NotifyBook, NotifyChannelStatus, NotifyWaiting } from '../model/notify.ts';
import type { NotifyStatus } from '../model/notify-service.ts';
import { inEnglish, type Told, tell, tellAll } from '../model/said.ts';
import { addressText, chainOf } from './addresses.ts';
import type { NotifierOptions } from './options.ts';
import { recipientsOf } from './plan/recipients.ts';
import type { Line, News } from './plan/state.ts';
import { type ChainState, lineDueMs, type SendContext } from './sender.ts';

interface Running extends SendContext {
  readonly chains: ReadonlyMap<string, ChainState>;
}

/** Made once; says a change in the log. */
export function createNotifyHealth(
  options: NotifierOptions,
): (running: Running | undefined, book: NotifyBook, error?: string) => NotifyStatus {
  const health = createHealth(options.world, 'notify', 'not_configured', tell('notify.nobody'));
  return (running, book, error) => {
    const channels = channelsOf(options, running, book);
    const unsent = running ? unsentOf(running) : [];
    const verdict = verdictOf(channels, book, error);
    health.set(verdict.state, verdict.told, verdict.code);
    return {
      ...health.get(),
      queued: unsent.length,
      ...(unsent.length > 0 ? { oldestUnsentMs: Math.min(...unsent) } : {}),
      channels,
    };
  };
}

interface Verdict {
  readonly state: NotifyStatus['state'];
  readonly told: Told;
  readonly code?: string;
}

function verdictOf(
  channels: readonly NotifyChannelStatus[],
  book: NotifyBook,
  error: string | undefined,
): Verdict {
  const routes = [...book.routes.values()].filter(({ enabled }) => enabled);
  if (routes.length === 0) return { state: 'not_configured', told: tell('notify.nobody') };
  if (error !== undefined)
    return { state: 'degraded', code: 'failed', told: tell('notify.failed', { error }) };
  const bad = channels.find(({ state }) => state === 'degraded');
  if (bad) return { state: 'degraded', code: `${bad.channel} ${bad.name ?? ''}`, told: bad.told };
  const empty = routes.find((route) => recipientsOf(book, route.to, route).length === 0);
  if (empty)
    return {
      state: 'degraded',
      code: `empty ${empty.id}`,
      told: tell('notify.empty', { route: empty.name }),
    };
  return { state: 'ok', told: tell('notify.people', { count: book.people.size }) };
}

function channelsOf(
  options: NotifierOptions,
  running: Running | undefined,
  book: NotifyBook,
): NotifyChannelStatus[] {
  const { config, senders } = options;
  const used = new Set([...book.people.values()].flatMap(({ addresses }) => addresses.map(chainOf)));
  const names = new Set([
    'email',
    'mqtt',
    'downlink',
    ...config.webhooks.map(({ name }) => `webhook:${name}`),
    ...used,
  ]);
  return [...names].map((name) => {
    const [kind = '', hook] = name.split(':');
    const chain = running?.chains.get(name);
    const waiting = running
      ? [...running.state.lines.values()].filter((line) => chainOf(line.address) === name)
      : [];
    const isMissing = !senders.has(name);
    const isUsed = used.has(name);
    const problem = chain?.problem;
    return {
      channel: kind as NotifyChannelStatus['channel'],
      ...(hook === undefined ? {} : { name: hook }),
      server: serverOf(options, name),
      state: isMissing ? (isUsed ? 'degraded' : 'not_configured') : problem ? 'degraded' : 'ok',
      told: toldOf(isMissing ? (isUsed ? 'missing' : 'unused') : problem, hook ?? kind),
      ...(isMissing || !problem ? {} : { sinceMs: problem.sinceMs }),
      queued: waiting.filter(isWaiting).length,
      sent: chain?.sent ?? 0,
      failed: chain?.failed ?? 0,
      ...(chain?.lastSentMs === undefined ? {} : { lastSentMs: chain.lastSentMs }),
    };
  });
}

function toldOf(problem: ChainState['problem'] | 'missing' | 'unused', channel: string): Told {
  if (problem === 'missing') return tell('notify.missing', { channel });
  if (problem === undefined || problem === 'unused') return inEnglish('');
  const { answer, said, todo = 'notify.failing.todo' } = problem;
  // What the other side said stays as it came.
  const why = said ? { detail: answer, said } : tell('step.error', { error: answer });
  return tellAll([tell('notify.failing', { channel }, todo), why]);
}

function serverOf({ config }: NotifierOptions, chain: string): string {
  if (chain === 'email') return config.smtpHost === undefined ? '' : `${config.smtpHost}:${config.smtpPort}`;
  if (chain === 'mqtt') return `${config.mqttTopic}/…`;
  const hook = config.webhooks.find(({ name }) => `webhook:${name}` === chain);
  // What is behind the host is a secret.
  return hook ? new URL(hook.url).host : '';
}

function isWaiting(line: Line): boolean {
  return line.current !== undefined || line.now !== undefined;
}

/** Since when each message waits that could have left by now. */
function unsentOf(running: Running): number[] {
  const nowMs = running.nowMs();
  return [...running.state.lines.values()].flatMap((line) => {
    const news = line.current?.content.news ?? line.now;
    if (!news) return [];
    const isDue =
      line.current !== undefined || line.failing !== undefined || lineDueMs(running, line, nowMs) <= nowMs;
    return isDue ? [news.firstMs] : [];
  });
}

export function waitingOf(running: Running): NotifyWaiting[] {
  return [...running.state.lines.values()].flatMap((line) => {
    const parts: [NotifyWaiting['until'], News | undefined][] = [
      ['now', line.current?.content.news],
      ['now', line.now],
      ['quiet', line.quiet],
      ...Object.values(line.digests).map((news): [NotifyWaiting['until'], News] => ['digest', news]),
    ];
    return parts.flatMap(([until, news]) => {
      if (!news) return [];
      const problem = line.failing ?? running.chains.get(chainOf(line.address))?.problem;
      return {
        person: line.person,
        personName: running.personOf(line)?.name ?? line.person,
        channel: line.address.channel,
        to: addressText(line.address),
        alarms: news.raised + news.cleared,
        oldestMs: news.firstMs,
        until,
        ...(problem === undefined || until !== 'now' ? {} : { problem: problem.answer, said: problem.said }),
        attempts: line.failing?.attempts ?? 0,
      };
    });
  });
}
