/** Small pieces several sections share: an age that ticks by itself, a reception, a section with its heading. */
import { useComputed } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { age, decibel, duration, signalBars, wholeTime } from './format.ts';
import { SignalIcon } from './icons.tsx';
import { boxNowMs } from './screen-clock.ts';
import { t } from './texts.ts';

interface TimeProps {
  /** ISO 8601 */
  readonly time: string;
}

/** '3m ago'. Only its text node changes as time passes. */
export function Ago({ time }: TimeProps): JSX.Element {
  return <Ticking key={time} time={time} words={age} />;
}

/** '3 min': how long something has been so. */
export function HowLong({ time }: TimeProps): JSX.Element {
  return <Ticking key={time} time={time} words={duration} />;
}

function Ticking({ time, words }: TimeProps & { words: (ms: number) => string }): JSX.Element {
  const timeMs = Date.parse(time);
  const text = useComputed(() => words(Math.max(0, boxNowMs.value - timeMs)));
  return (
    <time dateTime={time} title={wholeTime(timeMs)}>
      {text}
    </time>
  );
}

export function Reception({ rssi, snr }: { rssi: number; snr: number }): JSX.Element {
  return (
    <span class="reception">
      <SignalIcon bars={signalBars(rssi, snr)} />
      <span>{t('signal.text', { rssi: decibel(rssi), snr: decibel(snr) })}</span>
    </span>
  );
}

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly count?: number;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Section({ id, title, count, tools, children }: SectionProps): JSX.Element {
  return (
    <section id={id} class={`section section-${id}`} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <div class="section-head">
        <h2 id={`${id}-title`}>
          {title}
          {count === undefined ? null : <span class="count">{count}</span>}
        </h2>
        {tools}
      </div>
      {children}
    </section>
  );
}

export function Empty({ title, hint }: { title?: string; hint: string }): JSX.Element {
  return (
    <div class="empty">
      {title === undefined ? null : <strong>{title}</strong>}
      <p>{hint}</p>
    </div>
  );
}
