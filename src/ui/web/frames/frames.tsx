/** The newest frames, live: what was heard, let in or refused, and what was sent. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { FrameView } from '../../shapes/frames.ts';
import { mayOperate } from '../access.ts';
import { Empty, SubPage } from '../components.tsx';
import { moment, wholeTime } from '../dates.ts';
import { decibel, marginBars } from '../format.ts';
import { SignalIcon, StateIcon } from '../icons.tsx';
import { hrefOf, refine } from '../page.ts';
import { refusalWords } from '../refusal-words.ts';
import { isWideScreen } from '../screen-size.ts';
import { nameOf, siteZone, today } from '../site.ts';
import { t } from '../texts.ts';
import { VirtualRows } from '../virtual-rows.tsx';
import { isOnly, isWanted, KEPT, ONLY, type Only, withFrames } from './frame-list.ts';

const WIDE_ROW_REM = 4;
const NARROW_ROW_REM = 7.5;

export function FramesPage({ of }: { of: string }): JSX.Element {
  const only = isOnly(of) ? of : undefined;
  const search = useSignal('');
  const { list, paused, waiting, isBroken } = useFrames();
  const shown = list.value.filter((frame) => isWanted(frame, only, search.value, nameOf));
  return (
    <SubPage title={t('frames.title')} aside={<span class="count">{shown.length}</span>}>
      <div class="tools finders">
        <input
          type="search"
          placeholder={t('frames.find')}
          aria-label={t('frames.find')}
          value={search}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
        {ONLY.map((one) => (
          <Toggle key={one} one={one} chosen={only} />
        ))}
        <button
          type="button"
          class="toggle"
          aria-pressed={paused.value}
          onClick={() => {
            paused.value = !paused.value;
          }}
        >
          {paused.value ? t('frames.resume', { count: waiting.value }) : t('frames.pause')}
        </button>
      </div>
      {isBroken.value ? (
        <p class="hint note">
          <StateIcon mark="degraded" />
          {t('frames.lost')}
        </p>
      ) : null}
      {shown.length === 0 ? (
        <Empty hint={t(list.value.length === 0 ? 'frames.empty' : 'frames.none')} />
      ) : (
        <VirtualRows
          items={shown}
          keyOf={({ id }) => id}
          draw={(frame) => <FrameRow frame={frame} />}
          rowRem={isWideScreen.value ? WIDE_ROW_REM : NARROW_ROW_REM}
          label={t('frames.title')}
        />
      )}
      <p class="detail">{t('frames.saveHint', { count: KEPT })}</p>
      {mayOperate.value ? (
        <div class="tools">
          <a class="toggle" href="/api/v1/frames/export" download>
            {t('frames.save')}
          </a>
        </div>
      ) : null}
    </SubPage>
  );
}

function Toggle({ one, chosen }: { one: Only; chosen: Only | undefined }): JSX.Element {
  return (
    <button
      type="button"
      class="toggle"
      aria-pressed={one === chosen}
      onClick={() => refine(one === chosen ? '' : one)}
    >
      {t(`frames.only.${one}`)}
    </button>
  );
}

interface LiveFrames {
  readonly list: Signal<readonly FrameView[]>;
  readonly paused: Signal<boolean>;
  /** That came while it was paused. */
  readonly waiting: Signal<number>;
  /** Whether the line broke since the list was last whole. */
  readonly isBroken: Signal<boolean>;
}

/** All that the box keeps, then new ones, by a line of their own: the browser holds it open, and goes on where it was. */
function useFrames(): LiveFrames {
  const list = useSignal<readonly FrameView[]>([]);
  const paused = useSignal(false);
  const waiting = useSignal(0);
  const isBroken = useSignal(false);
  useSignalEffect(() => {
    let held: readonly FrameView[] = [];
    const line = new EventSource('/api/v1/events?only=frames&after=0-0');
    line.addEventListener('frames', ({ data }: MessageEvent<string>) => {
      const came = JSON.parse(data) as FrameView[];
      held = [...held, ...came].slice(-2 * KEPT);
      if (paused.peek()) {
        waiting.value = new Set(held.map(({ id }) => id)).size;
        return;
      }
      list.value = withFrames(list.peek(), held);
      held = [];
    });
    line.onopen = () => {
      isBroken.value = false;
    };
    line.onerror = () => {
      isBroken.value = true;
    };
    const goOn = paused.subscribe((isPaused) => {
      if (isPaused) return;
      list.value = withFrames(list.peek(), held);
      held = [];
      waiting.value = 0;
    });
    return () => {
      goOn();
      line.close();
    };
  });
  return { list, paused, waiting, isBroken };
}

function FrameRow({ frame }: { frame: FrameView }): JSX.Element {
  const { id, time, kind, refused, fCnt, fPort, bytes, dataRate } = frame;
  const timeMs = Date.parse(time);
  return (
    <a class={`frame-row ${refused === undefined ? '' : 'not-let-in'}`} href={hrefOf('frame', id)}>
      <time dateTime={time} title={wholeTime(timeMs, siteZone.value)}>
        {moment(timeMs, today.value, siteZone.value)}
      </time>
      <span class="kind">{t(`frames.kind.${kind}`)}</span>
      <strong class="name">
        <Who frame={frame} />
      </strong>
      <span class="facts quiet">
        {fCnt === undefined ? null : <span class="number">{t('frames.counter', { count: fCnt })}</span>}
        {fPort === undefined ? null : <span class="number">{t('frames.port', { port: String(fPort) })}</span>}
        <span class="number">{t('frames.bytes', { count: bytes })}</span>
        <span class="number">{dataRate}</span>
      </span>
      <Fate frame={frame} />
    </a>
  );
}

/** Whose it is, as far as that is known. */
export function Who({ frame }: { frame: FrameView }): JSX.Element {
  const { devEui, devAddr, maybeOf } = frame;
  if (devEui !== undefined) return <>{nameOf(devEui)}</>;
  const [one] = maybeOf ?? [];
  return (
    <>
      <span class="mono">{devAddr ?? '–'}</span>
      {one === undefined ? null : (
        <span class="quiet"> {t('frames.maybe', { name: (maybeOf ?? []).map(nameOf).join(', ') })}</span>
      )}
    </>
  );
}

/** What became of it, in a few words. */
export function Fate({ frame }: { frame: FrameView }): JSX.Element {
  const { refused, sending, marginDb } = frame;
  if (refused !== undefined) return <span class="fate">{refusalWords(refused)}</span>;
  if (sending) return <span class="fate">{sendingWords(sending)}</span>;
  return (
    <span class="fate">
      {marginDb === undefined ? null : (
        <>
          <SignalIcon bars={marginBars(marginDb)} />{' '}
          <span class="number">{t('signal.margin', { margin: decibel(marginDb) })}</span>
        </>
      )}
    </span>
  );
}

export function sendingWords({ sentIn, refusedBy }: NonNullable<FrameView['sending']>): string {
  if (refusedBy === 'NOT_HANDED_OVER') return t('frames.notHandedOver');
  if (refusedBy !== undefined) return t('frames.refusedBy', { why: gatewaysWords(refusedBy) });
  return t(sentIn === undefined ? 'frames.unanswered' : 'frames.sent');
}

/** 'TOO_LATE, TOO_LATE' of two windows -> 'too late' */
function gatewaysWords(refusedBy: string): string {
  return [...new Set(refusedBy.split(', '))].join(', ').toLowerCase().replaceAll('_', ' ');
}
