/** Watches what waits for InfluxDB and for the centre, for the word when it will be done. */
import { computed, effect, signal } from '@preact/signals';
import { outlookOf, type Sample, withSample } from './backlog.ts';
import { boxNowMs } from './screen-clock.ts';
import { status } from './site.ts';

export type SinkName = 'influx' | 'centre';

const samples = {
  influx: signal<readonly Sample[]>([]),
  centre: signal<readonly Sample[]>([]),
};

export const outlooks = {
  influx: computed(() => outlookOf(samples.influx.value)),
  centre: computed(() => outlookOf(samples.centre.value)),
};

/** A sink that is down makes no way, which its state says: then nothing is foretold, and what was seen before it counts no more. */
export function watchBacklogs(): void {
  effect(() => {
    const now = status.value;
    const timeMs = boxNowMs.value;
    for (const name of ['influx', 'centre'] as const) {
      const own = samples[name];
      const sink = now?.[name];
      const isWorking = sink !== undefined && (sink.state === 'ok' || sink.state === 'degraded');
      own.value = isWorking ? withSample(own.peek(), { timeMs, pending: sink.pending }) : NONE;
    }
  });
}

const NONE: readonly Sample[] = [];
