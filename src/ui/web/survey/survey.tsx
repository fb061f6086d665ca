/**
 * The survey: somebody carries a device about and sees, hears or feels how well each of its frames is received; spots are marked,
 * compared and taken along as a table.
 */
import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeviceView } from '../../shapes/devices.ts';
import type { ReadingView } from '../../shapes/records.ts';
import { maySetUp } from '../access.ts';
import { api, ask } from '../call.ts';
import { Ago, Empty, Reception, Section, SubPage } from '../components.tsx';
import { decibel } from '../format.ts';
import { hrefOf } from '../page.ts';
import { boxNowMs } from '../screen-clock.ts';
import { devices, gateways } from '../site.ts';
import { t } from '../texts.ts';
import { DOTS, type Dot, gradeOf, withReading } from './margins.ts';
import { MarkSpot } from './mark-spot.tsx';
import { allowSound, beep, canVibrate, vibrate } from './signal-sound.ts';
import { Spots } from './spots.tsx';

export function SurveyPage({ of }: { of: string }): JSX.Element {
  const device = useComputed(() => devices.value.find(({ value }) => value.devEui === of));
  if (device.value) return <Walk key={of} device={device.value} />;
  return (
    <SubPage title={t('survey.title')}>
      <p class="lead">{t('survey.choose')}</p>
      {devices.value.length === 0 ? <Empty hint={t('devices.empty')} /> : <Choice />}
      <Spots changed={0} plan={undefined} />
    </SubPage>
  );
}

function Choice(): JSX.Element {
  const search = useSignal('');
  const found = devices.value.filter(({ value }) =>
    `${value.name} ${value.devEui}`.toLowerCase().includes(search.value.toLowerCase().trim()),
  );
  return (
    <>
      <div class="tools finders">
        <input
          type="search"
          placeholder={t('devices.filter')}
          aria-label={t('devices.filter')}
          value={search}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
      </div>
      <ul class="rows ways">
        {found.slice(0, 50).map(({ value: { devEui, name } }) => (
          <li key={devEui}>
            <a class="row choice" href={hrefOf('survey', devEui)}>
              <strong>{name}</strong>
              <span class="mono quiet">{devEui}</span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Walk({ device }: { device: Signal<DeviceView> }): JSX.Element {
  const { devEui, name } = device.value;
  const dots = useSignal<readonly Dot[]>([]);
  const since = useSignal(boxNowMs.peek());
  const plan = useSignal<string | undefined>(undefined);
  const marked = useSignal(0);
  const sounds = useSounds(dots);
  useSignalEffect(() => {
    pastOf(devEui).then(
      (readings) => {
        dots.value = readings.reduceRight(withReading, dots.peek());
      },
      () => {},
    );
  });
  useSignalEffect(() => {
    const { last } = device.value;
    if (last) dots.value = withReading(dots.peek(), last);
  });
  useWakeLock();
  const here = dots.value.filter(({ timeMs }) => timeMs >= since.value);
  return (
    <SubPage
      title={t('survey.title')}
      back={{ href: hrefOf('survey'), text: t('survey.other') }}
      aside={
        <a class="of-walk" href={hrefOf('device', devEui)}>
          {name}
        </a>
      }
    >
      <Newest dot={dots.value.at(-1)} />
      <Dots dots={dots.value} sinceMs={since.value} />
      <div class="tools">
        {sounds.map(({ label, isOn, toggle }) => (
          <button key={label} type="button" class="toggle" aria-pressed={isOn} onClick={toggle}>
            {label}
          </button>
        ))}
      </div>
      <p class="detail">{t('survey.button')}</p>
      {maySetUp.value ? (
        <MarkSpot
          devEui={devEui}
          heard={here.length}
          sinceMs={since}
          plan={plan}
          marked={() => {
            marked.value += 1;
            since.value = boxNowMs.peek();
          }}
        />
      ) : null}
      <Spots changed={marked.value} plan={plan} />
    </SubPage>
  );
}

async function pastOf(device: string): Promise<readonly ReadingView[]> {
  const { value } = await ask(api.readings.$get({ query: { device, limit: String(DOTS) } }));
  return value?.items ?? [];
}

function Newest({ dot }: { dot: Dot | undefined }): JSX.Element {
  if (!dot) return <Empty hint={t('survey.waiting')} />;
  const { marginDb, rssi, snr, dataRate, gatewayId, timeMs, gateways: count } = dot;
  const gateway = gateways.value.find((one) => one.gatewayId === gatewayId);
  return (
    <Section id="newest" title={t('survey.margin')}>
      <p class={`margin-now ${marginDb === undefined ? '' : gradeOf(marginDb)}`} role="status">
        <span class="figure">{marginDb === undefined ? '–' : decibel(marginDb)}</span>{' '}
        <span class="unit">dB</span>{' '}
        {marginDb === undefined ? null : <span class="word">{t(`survey.grade.${gradeOf(marginDb)}`)}</span>}
      </p>
      <p class="facts">
        <Ago time={new Date(timeMs).toISOString()} />
        <span class="number">{dataRate}</span>
        <Reception rssi={rssi} snr={snr} />
        <span>{gateway?.name ?? <span class="mono">{gatewayId}</span>}</span>
        <span>{t('frames.gateways', { count })}</span>
      </p>
    </Section>
  );
}

/** From the floor up; a frame that nobody heard is a ring at the floor. */
function Dots({ dots, sinceMs }: { dots: readonly Dot[]; sinceMs: number }): JSX.Element | null {
  if (dots.length === 0) return null;
  const top = 30;
  const bottom = -5;
  const yOf = (margin: number): number =>
    100 - ((Math.min(top, Math.max(bottom, margin)) - bottom) / (top - bottom)) * 100;
  const words = dots.map(({ marginDb }) => (marginDb === undefined ? '–' : decibel(marginDb))).join(', ');
  return (
    <svg
      class="dots"
      viewBox="0 0 400 100"
      role="img"
      aria-label={t('survey.dots', { count: dots.length, list: words })}
    >
      <path class="floor" d={`M0 ${yOf(0)}H400`} />
      <path class="good" d={`M0 ${yOf(10)}H400`} />
      {dots.map(({ id, marginDb, missed, timeMs }, index) => {
        const x = 390 - (dots.length - 1 - index) * 20;
        return (
          <g key={id}>
            {missed > 0 ? <circle class="missed" cx={x - 10} cy={yOf(0)} r={4} /> : null}
            <circle class={timeMs >= sinceMs ? 'here' : ''} cx={x} cy={yOf(marginDb ?? 0)} r={6} />
          </g>
        );
      })}
    </svg>
  );
}

interface Sound {
  readonly label: string;
  readonly isOn: boolean;
  readonly toggle: () => void;
}

/** A beep or a pulse for each frame that comes while it is on. */
function useSounds(dots: Signal<readonly Dot[]>): readonly Sound[] {
  const beeps = useSignal(false);
  const pulses = useSignal(false);
  const told = useSignal<string | undefined>(undefined);
  useSignalEffect(() => {
    const newest = dots.value.at(-1);
    const before = told.peek();
    told.value = newest?.id;
    // What was there when the page was opened is no news.
    if (!newest || before === undefined || before === newest.id || newest.marginDb === undefined) return;
    if (beeps.peek()) beep(newest.marginDb);
    if (pulses.peek()) vibrate(newest.marginDb);
  });
  const sound = {
    label: t('survey.beep'),
    isOn: beeps.value,
    toggle() {
      void allowSound();
      beeps.value = !beeps.value;
    },
  };
  const touch = {
    label: t('survey.vibrate'),
    isOn: pulses.value,
    toggle() {
      pulses.value = !pulses.value;
    },
  };
  return canVibrate() ? [sound, touch] : [sound];
}

/** The screen stays on while somebody walks, where the browser lets us. */
function useWakeLock(): void {
  useSignalEffect(() => {
    let lock: WakeLockSentinel | undefined;
    let isLeft = false;
    navigator.wakeLock?.request('screen').then(
      (held) => {
        lock = held;
        if (isLeft) void held.release();
      },
      () => {},
    );
    return () => {
      isLeft = true;
      void lock?.release();
    };
  });
}
