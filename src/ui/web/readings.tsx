/** The newest readings of all devices, as they come. */
import type { JSX } from 'preact';
import type { ReadingView } from '../shapes/records.ts';
import { Empty, Reception, SubPage, TimeMark } from './components.tsx';
import { moment, wholeTime } from './dates.ts';
import { shownFields } from './fields.ts';
import { displaysOf, nameOf, readings, siteZone, today } from './site.ts';
import { t } from './texts.ts';

const SHOWN = 50;

export function ReadingsPage(): JSX.Element {
  const list = readings.value.slice(0, SHOWN);
  return (
    <SubPage title={t('readings.title')}>
      {list.length === 0 ? <Empty hint={t('readings.empty')} /> : <ReadingTable list={list} />}
    </SubPage>
  );
}

/** `own`: all of one device, which need not be named. */
export function ReadingTable({ list, own }: { list: readonly ReadingView[]; own?: boolean }): JSX.Element {
  return (
    <table class={own ? 'readings own' : 'readings'}>
      <thead>
        <tr>
          <th scope="col">{t('readings.time')}</th>
          {own ? null : <th scope="col">{t('readings.device')}</th>}
          <th scope="col">{t('readings.values')}</th>
          <th scope="col">{t('signal.title')}</th>
          <th scope="col">{t('readings.counter')}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((reading) => (
          <Row key={reading.id} reading={reading} own={own === true} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ reading, own }: { reading: ReadingView; own: boolean }): JSX.Element {
  const timeMs = Date.parse(reading.time);
  const [best] = reading.receptions;
  const fields = shownFields(reading.fields, displaysOf(reading.device));
  return (
    <tr>
      <td class="when">
        <time dateTime={reading.time} title={wholeTime(timeMs, siteZone.value)}>
          {moment(timeMs, today.value, siteZone.value)}
        </time>{' '}
        <TimeMark quality={reading.timeQuality} />
      </td>
      {own ? null : <td class="who">{nameOf(reading.device)}</td>}
      <td class="what">
        {Object.keys(reading.fields).length === 0 ? <span class="mono">{reading.data}</span> : null}
        {fields.map(({ key, label, text, unit, isNumber, beyond }) => (
          <span key={key} class="pair">
            <span class="quiet">{label}</span>{' '}
            <span class={`${isNumber ? 'number' : ''} ${beyond ? 'amiss' : ''}`}>{text}</span>
            {unit === undefined ? null : ` ${unit}`}
            {beyond ? <span class="amiss">{beyond.side === 'high' ? ' ↑' : ' ↓'}</span> : null}
          </span>
        ))}
      </td>
      <td class="how">
        {best ? <Reception rssi={best.rssi} snr={best.snr} dataRate={reading.dataRate} /> : null}
      </td>
      <td class="number counter">{reading.fCnt}</td>
    </tr>
  );
}
