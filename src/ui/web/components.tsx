/** Small pieces several sections share: an age that ticks by itself, a reception, a section with its heading. */

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { marginDb } from '../../model/link-margin.ts';
import type { ReadingView } from '../shapes/records.ts';
import type { Refusal } from './call.ts';
import { wholeTime } from './dates.ts';
import { age, decibel, duration, marginBars } from './format.ts';
import { SignalIcon, StateIcon } from './icons.tsx';
import { arrive, CONTENT_ID, page, parentOf } from './page.ts';
import { after, boxNowMs } from './screen-clock.ts';
import { siteZone } from './site.ts';
import { t } from './texts.ts';
import { refusedWords } from './told.ts';

const ASKING_MS = 5_000;

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
    <time dateTime={time} title={wholeTime(timeMs, siteZone.value)}>
      {text}
    </time>
  );
}

interface ReceptionProps {
  readonly rssi: number;
  readonly snr: number;
  /** Undefined where it is not known: then there are no bars, since RSSI and SNR alone do not say how much is to spare. */
  readonly dataRate?: string | undefined;
  /** With all figures, not only what is to spare. */
  readonly whole?: boolean;
}

export function Reception({ rssi, snr, dataRate, whole }: ReceptionProps): JSX.Element {
  const margin = marginDb(snr, dataRate);
  const figures = t('signal.text', { rssi: decibel(rssi), snr: decibel(snr) });
  if (margin === undefined) return <span class="reception figures">{figures}</span>;
  return (
    <span class={whole ? 'reception whole' : 'reception'} title={`${figures}, ${dataRate}`}>
      <SignalIcon bars={marginBars(margin)} />
      <span class="figures">{t('signal.margin', { margin: decibel(margin) })}</span>
      {whole ? <span class="figures">{figures}</span> : null}
    </span>
  );
}

/** A state in a word with its shape. */
export function Amiss({ words }: { words: string }): JSX.Element {
  return (
    <span class="word amiss">
      <StateIcon mark="degraded" />
      {words}
    </span>
  );
}

/** Why a time is not simply the clock's. */
export function TimeMark({ quality }: { quality: ReadingView['timeQuality'] }): JSX.Element | null {
  if (quality === undefined) return null;
  return (
    <span class={`chip ${quality === 'estimated' ? 'amiss' : ''}`} title={t(`time.${quality}.title`)}>
      {t(`time.${quality}`)}
    </span>
  );
}

/** A page of its own, with the way back. */
export function SubPage(props: {
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly back?: { readonly href: string; readonly text: string };
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, aside, back = parentLink(), children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => arrive(heading.current), []);
  return (
    <main class="sub" id={CONTENT_ID} tabIndex={-1}>
      <a class="back" href={back.href}>
        ‹ {back.text}
      </a>
      <div class="sub-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </main>
  );
}

function parentLink(): { readonly href: string; readonly text: string } {
  const { name, href } = parentOf(page.peek().name);
  return { href, text: t(`page.name.${name}`) };
}

/** One of the pages the bar leads to. */
export function TopPage(props: {
  readonly title: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { title, aside, name, children } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => arrive(heading.current), []);
  return (
    <main class={`top-page ${name}`} id={CONTENT_ID} tabIndex={-1}>
      <div class="sub-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </main>
  );
}

/** A button for what cannot be undone: the first touch asks, the second one does. */
export function ConfirmButton({ label, act }: { label: string; act: () => void }): JSX.Element {
  const asking = useSignal(false);
  useSignalEffect(() => {
    if (!asking.value) return undefined;
    return after(ASKING_MS, () => {
      asking.value = false;
    });
  });
  return (
    <button
      type="button"
      class={asking.value ? 'toggle danger' : 'toggle'}
      onClick={() => {
        if (asking.value) act();
        asking.value = !asking.value;
      }}
    >
      {asking.value ? t('page.confirm', { what: label }) : label}
    </button>
  );
}

/** What the box said no to, in words. */
export function Refused({ refusal }: { refusal: Refusal | undefined }): JSX.Element {
  return (
    <div role="alert">
      {refusal ? (
        <p class="hint note">
          <StateIcon mark="degraded" />
          <span>{refusedWords(refusal)}</span>
        </p>
      ) : null}
    </div>
  );
}

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly count?: number;
  readonly tools?: ComponentChildren;
  /** The way to a page of its own, beside the title. */
  readonly link?: { readonly href: string; readonly text: string };
  readonly children: ComponentChildren;
}

export function Section({ id, title, count, tools, link, children }: SectionProps): JSX.Element {
  return (
    <section id={id} class={`section section-${id}`} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <div class="section-head">
        <h2 id={`${id}-title`}>
          {title}
          {count === undefined ? null : <span class="count">{count}</span>}
        </h2>
        {link ? (
          <a class="forth" href={link.href}>
            {link.text} ›
          </a>
        ) : null}
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
