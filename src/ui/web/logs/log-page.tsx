/**
 * The program's own log: plain words first, what was written behind. New lines come by themselves, unless it is paused; the
 * stream says that there are some, and they are fetched.
 */
import { batch, effect, type Signal, signal, useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { LogLineView } from '../../shapes/logs.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused, SubPage } from '../components.tsx';
import { moment, wholeTime } from '../dates.ts';
import { StateIcon } from '../icons.tsx';
import { lastLogId } from '../live.ts';
import { siteZone, today } from '../site.ts';
import { hasText, t } from '../texts.ts';
import { detailsOf, wordsOf } from './sentence.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];
const PAGE = 200;
/** Lines shown at most; older ones are fetched by hand. */
const MOST = 1_000;
const COPIED_MS = 2_000;

/** Kept while the page is away, so that it is found as it was left. */
const level = signal<Level>('info');
const part = signal('');

interface Lines {
  /** Newest first. */
  readonly shown: Signal<readonly LogLineView[]>;
  readonly parts: Signal<readonly string[]>;
  readonly cursor: Signal<string | undefined>;
  readonly refusal: Signal<Refusal | undefined>;
}

export function LogPage(): JSX.Element {
  const lines: Lines = {
    shown: useSignal<readonly LogLineView[]>([]),
    parts: useSignal<readonly string[]>([]),
    cursor: useSignal<string | undefined>(undefined),
    refusal: useSignal<Refusal | undefined>(undefined),
  };
  const paused = useSignal(false);
  const waiting = useComputed(() => Math.max(0, lastLogId.value - (lines.shown.value[0]?.id ?? 0)));
  useEffect(
    () =>
      effect(() => {
        // Anew after each change of what is wanted.
        const wanted = { level: level.value, part: part.value };
        void fetchFirst(lines, wanted);
      }),
    [],
  );
  useEffect(
    () =>
      effect(() => {
        if (lastLogId.value > 0 && !paused.value) void fetchNew(lines);
      }),
    [],
  );
  return (
    <SubPage title={t('logs.title')}>
      <p class="detail">{t('logs.lead')}</p>
      <Tools parts={lines.parts.value} paused={paused} />
      {paused.value && waiting.value > 0 ? (
        <p class="detail" role="status">
          {t('logs.waiting', { count: waiting.value })}
        </p>
      ) : null}
      <Refused refusal={lines.refusal.value} />
      <ol class="rows log">
        {lines.shown.value.map((line) => (
          <Line key={line.id} line={line} />
        ))}
      </ol>
      {lines.shown.value.length === 0 && !lines.refusal.value ? <p class="detail">{t('logs.none')}</p> : null}
      {lines.cursor.value === undefined || lines.shown.value.length >= MOST ? null : (
        <button type="button" class="toggle" onClick={() => void fetchOlder(lines)}>
          {t('logs.older')}
        </button>
      )}
    </SubPage>
  );
}

function Tools({ parts, paused }: { parts: readonly string[]; paused: Signal<boolean> }): JSX.Element {
  return (
    <div class="tools log-tools">
      <label>
        {t('logs.level')}
        <select
          value={level.value}
          onChange={(event) => {
            level.value = event.currentTarget.value as Level;
          }}
        >
          {LEVELS.map((name) => (
            <option key={name} value={name}>
              {t(`logs.level.${name}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('logs.part')}
        <select
          value={part.value}
          onChange={(event) => {
            part.value = event.currentTarget.value;
          }}
        >
          <option value="">{t('logs.all')}</option>
          {[...new Set([part.value, ...parts])]
            .filter((name) => name !== '')
            .map((name) => (
              <option key={name} value={name}>
                {partName(name)}
              </option>
            ))}
        </select>
      </label>
      <button
        type="button"
        class="toggle"
        aria-pressed={paused.value}
        onClick={() => {
          paused.value = !paused.value;
        }}
      >
        {t(paused.value ? 'logs.goOn' : 'logs.pause')}
      </button>
      <a class="toggle" href="/api/v1/logs/export" download>
        {t('logs.download')}
      </a>
    </div>
  );
}

function partName(name: string): string {
  const key = `part.${name}`;
  return hasText(key) ? t(key) : name;
}

function Line({ line }: { line: LogLineView }): JSX.Element {
  const timeMs = Date.parse(line.time);
  const { count } = line.fields;
  return (
    <li class="log-line">
      <time class="number quiet" dateTime={line.time} title={wholeTime(timeMs, siteZone.value)}>
        {moment(timeMs, today.value, siteZone.value)}
      </time>
      <div>
        <strong>
          {line.level === 'error' || line.level === 'warn' ? (
            <StateIcon mark={line.level === 'error' ? 'down' : 'degraded'} />
          ) : null}
          {line.level === 'error' || line.level === 'warn' ? (
            <span class="spoken">{t(`logs.level.${line.level}`)} </span>
          ) : null}
          {wordsOf(line)}
          {typeof count === 'number' && count > 1 ? (
            <span class="quiet"> {t('logs.times', { count })}</span>
          ) : null}
        </strong>
        {detailsOf(line).map((words) => (
          <p key={words} class="detail">
            {words}
          </p>
        ))}
        <Written line={line} />
      </div>
    </li>
  );
}

/** The line as it was written, drawn when somebody opens it. */
function Written({ line }: { line: LogLineView }): JSX.Element {
  const isOpen = useSignal(false);
  const copied = useSignal(false);
  const { id: _, fields, ...head } = line;
  const json = (): string => JSON.stringify({ ...head, ...fields }, null, 1);
  const copy = (): void => {
    copyText(json()).then(
      () => {
        copied.value = true;
        setTimeout(() => {
          copied.value = false;
        }, COPIED_MS);
      },
      () => {},
    );
  };
  return (
    <details
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        <span class="quiet mono">{line.event}</span>
      </summary>
      {isOpen.value ? (
        <>
          <pre class="mono written">{json()}</pre>
          <button type="button" class="toggle" onClick={copy}>
            {t(copied.value ? 'logs.copied' : 'logs.copy')}
          </button>
        </>
      ) : null}
    </details>
  );
}

/** Browsers give the clipboard to pages with TLS only; the other way is old and works everywhere. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

interface Wanted {
  readonly level: Level;
  readonly part: string;
}

function queryOf(wanted: Wanted) {
  return { level: wanted.level, limit: String(PAGE), ...(wanted.part === '' ? {} : { part: wanted.part }) };
}

const wantedNow = (): Wanted => ({ level: level.peek(), part: part.peek() });

function isStill(wanted: Wanted): boolean {
  return wanted.level === level.peek() && wanted.part === part.peek();
}

async function fetchFirst(lines: Lines, wanted: Wanted): Promise<void> {
  const { value, refusal } = await ask(api.logs.$get({ query: queryOf(wanted) }));
  if (!isStill(wanted)) return;
  batch(() => {
    lines.refusal.value = refusal;
    lines.shown.value = value?.items ?? [];
    lines.cursor.value = value?.nextCursor;
    noteParts(lines, value?.items ?? []);
  });
}

async function fetchOlder(lines: Lines): Promise<void> {
  const wanted = wantedNow();
  const cursor = lines.cursor.peek();
  if (cursor === undefined) return;
  const { value } = await ask(api.logs.$get({ query: { ...queryOf(wanted), cursor } }));
  if (!value || !isStill(wanted)) return;
  const last = lines.shown.peek().at(-1)?.id ?? 0;
  lines.shown.value = [...lines.shown.peek(), ...value.items.filter(({ id }) => id < last)];
  lines.cursor.value = value.nextCursor;
  noteParts(lines, value.items);
}

async function fetchNew(lines: Lines): Promise<void> {
  const wanted = wantedNow();
  const newest = lines.shown.peek()[0]?.id;
  if (newest === undefined) return fetchFirst(lines, wanted);
  const { value } = await ask(api.logs.$get({ query: { ...queryOf(wanted), after: String(newest) } }));
  if (!value || value.items.length === 0 || !isStill(wanted)) return;
  const fresh = value.items.filter(({ id }) => id > (lines.shown.peek()[0]?.id ?? 0));
  // More than a page came meanwhile: there would be a gap nobody sees.
  if (value.nextCursor !== undefined && value.items.length >= PAGE) return fetchFirst(lines, wanted);
  lines.shown.value = [...fresh, ...lines.shown.peek()].slice(0, MOST);
  noteParts(lines, fresh);
}

function noteParts({ parts }: Lines, items: readonly LogLineView[]): void {
  const known = new Set(parts.peek());
  for (const { event } of items) known.add(event.split('.', 1)[0] ?? '');
  if (known.size > parts.peek().length) parts.value = [...known].sort();
}
