/**
 * The site for a screen on the wall: no touch, no scrolling, nothing that grows. What does not fit takes turns with what does;
 * the abnormal stays. '#/wall/dark' or '/night' sets the colours. After an upgrade of the box it loads itself again.
 */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { AlarmSound } from './alarms/alarm-sound.tsx';
import type { Concern } from './attention.ts';
import { concernWords } from './concern-words.ts';
import { type Mark, StateIcon } from './icons.tsx';
import { CONTENT_ID } from './page.ts';
import { boxNowMs } from './screen-clock.ts';
import { alarmCount, concerns, judged, status } from './site.ts';
import { SiteSentence } from './site-sentence.tsx';
import { t } from './texts.ts';
import { Tiles, tilesOf } from './tiles.tsx';
import { turnOf } from './wall-turns.ts';

/** A tile's room, rem; the same as in shape.css. */
const TILE_REM = { width: 13, height: 9.75 };
/** How long a set of tiles stays. */
const TURN_MS = 12_000;
/** Things listed; the count stands in the sentence. */
const LISTED = 6;

export function Wall(): JSX.Element {
  const room = useRef<HTMLDivElement>(null);
  const capacity = useSignal(1);
  const version = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const { current } = room;
    if (!current) return undefined;
    const sizes = new ResizeObserver(() => {
      capacity.value = capacityOf(current.clientWidth, current.clientHeight);
    });
    sizes.observe(current);
    return () => sizes.disconnect();
  }, []);
  useSignalEffect(() => {
    const now = status.value?.version;
    if (now === undefined) return;
    if (version.peek() === undefined) version.value = now;
    else if (version.peek() !== now) location.reload();
  });
  const all = tilesOf(judged.value);
  const abnormal = all.filter(({ flags }) => flags.length > 0).length;
  const count = Math.floor(boxNowMs.value / TURN_MS);
  const { shown, turn, turns } = turnOf(all, abnormal, capacity.value, count);
  return (
    <main class="wall" id={CONTENT_ID} tabIndex={-1}>
      <h2>
        <SiteSentence />
      </h2>
      <AlarmSound />
      <Amiss />
      <div class="wall-tiles" ref={room}>
        <Tiles list={shown} />
      </div>
      {turns > 1 ? <p class="quiet number">{t('wall.turn', { turn: turn + 1, turns })}</p> : null}
    </main>
  );
}

function markOf(concern: Concern, isAlarm: boolean): Mark {
  if (concern.kind === 'part' && isAlarm) return concern.state;
  return isAlarm ? 'degraded' : 'connecting';
}

function capacityOf(widthPx: number, heightPx: number): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const columns = Math.floor(widthPx / (TILE_REM.width * rem));
  const rows = Math.floor(heightPx / (TILE_REM.height * rem));
  return Math.max(1, columns) * Math.max(1, rows);
}

function Amiss(): JSX.Element | null {
  const { alarms, notices } = concerns.value;
  const list = alarmCount.value > 0 ? [...alarms, ...notices] : [];
  if (list.length === 0) return null;
  return (
    <ul class="wall-amiss">
      {list.slice(0, LISTED).map((concern, n) => (
        <li key={concern.kind === 'part' ? concern.part : concern.kind}>
          <StateIcon mark={markOf(concern, n < alarms.length)} /> {concernWords(concern)}
        </li>
      ))}
      {list.length > LISTED ? <li>{t('site.more', { count: list.length - LISTED })}</li> : null}
    </ul>
  );
}
