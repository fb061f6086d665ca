/** Devices as tiles with the one value that stands for each: to be read from across a room. */
import { type Signal, useComputed } from '@preact/signals';
import type { JSX } from 'preact';
import type { DeviceView } from '../shapes/devices.ts';
import { Ago } from './components.tsx';
import { type Flag, flagsOf, isAlarm } from './device-flags.ts';
import { refusalOf } from './device-state.ts';
import { abnormalFirst, mainField, rangeBar } from './device-summary.ts';
import { Figure } from './field-figure.tsx';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './page.ts';
import { RangeBar } from './range-bar.tsx';
import { boxNowMs } from './screen-clock.ts';
import { type Judged, unknownDevices } from './site.ts';
import { t } from './texts.ts';

/** The abnormal ones first. */
export function tilesOf(list: readonly Judged[]): readonly Judged[] {
  return abnormalFirst(list.map((one) => ({ ...one, flags: one.flags.filter(isAlarm), key: '' })));
}

export function Tiles({ list }: { list: readonly Judged[] }): JSX.Element {
  return (
    <ul class="tiles">
      {list.map(({ device }) => (
        <Tile key={device.peek().devEui} device={device} />
      ))}
    </ul>
  );
}

function Tile({ device }: { device: Signal<DeviceView> }): JSX.Element {
  const { devEui, name, last } = device.value;
  const worst = useComputed((): Flag | undefined => {
    const isRefused = refusalOf(device.value, unknownDevices.value) !== undefined;
    return flagsOf(device.value, boxNowMs.value, isRefused).find(isAlarm);
  }).value;
  const main = mainField(device.value);
  const bar = main && rangeBar(device.value, main.key);
  return (
    <li class={`tile ${worst === 'stale' ? 'stale' : ''} ${worst ? 'tile-amiss' : ''}`}>
      <a href={hrefOf('device', devEui)}>
        <span class="name">{name}</span>
        <span class="values">
          {main ? <Figure {...main} /> : <span class="quiet">{t('devices.silent')}</span>}
        </span>
        {bar ? <RangeBar bar={bar} /> : null}
        <span class="under">
          <span class="quiet label">{main?.label}</span> {last ? <Ago time={last.time} /> : null}
        </span>
        {worst ? (
          <span class="word amiss">
            <StateIcon mark="degraded" />
            {t(`flag.${worst}`)}
          </span>
        ) : null}
      </a>
    </li>
  );
}
