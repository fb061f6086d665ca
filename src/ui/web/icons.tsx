/** Shapes beside words: each state has a shape of its own, so colour is never the only cue. Decorative for screen readers. */
import type { JSX } from 'preact';

export type Mark = 'ok' | 'connecting' | 'degraded' | 'down' | 'not_configured';

export function StateIcon({ mark }: { mark: Mark }): JSX.Element {
  return (
    <svg class={`icon icon-${mark}`} viewBox="0 0 24 24" aria-hidden="true">
      <Shape mark={mark} />
    </svg>
  );
}

/** Drawn anew each time: an element made once and used in many places would keep every old tree of the page alive. */
function Shape({ mark }: { mark: Mark }): JSX.Element {
  switch (mark) {
    case 'ok':
      return (
        <>
          <circle cx="12" cy="12" r="9" />
          <path d="M8 12.4l2.8 2.8L16.2 9.4" />
        </>
      );
    case 'connecting':
      return (
        <>
          <circle cx="12" cy="12" r="9" stroke-dasharray="4 3" />
          <path d="M12 7.5V12l3 2" />
        </>
      );
    case 'degraded':
      return <path d="M12 3.5L22 20.5H2zM12 10v4.6M12 17.4v.2" />;
    case 'down':
      return <path d="M8.2 2.8h7.6l5.4 5.4v7.6l-5.4 5.4H8.2l-5.4-5.4V8.2zM9 9l6 6M15 9l-6 6" />;
    case 'not_configured':
      return <path d="M5 12h14" />;
  }
}

/** One to four bars; the figures stand beside it in words. */
export function SignalIcon({ bars }: { bars: number }): JSX.Element {
  return (
    <svg class={`bars bars-${bars}`} viewBox="0 0 20 16" aria-hidden="true">
      {[1, 2, 3, 4].map((bar) => (
        <rect
          key={bar}
          class={bar <= bars ? 'on' : ''}
          x={bar * 5 - 5}
          y={16 - bar * 4}
          width="3.6"
          height={bar * 4}
          rx="0.8"
        />
      ))}
    </svg>
  );
}
