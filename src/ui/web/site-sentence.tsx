/** Whether all is as it should be, in one sentence that is true of parts, gateways and devices; of a box that does not answer nothing is said but that. */
import type { JSX } from 'preact';
import { concernWords } from './concern-words.ts';
import { sentence } from './format.ts';
import { StateIcon } from './icons.tsx';
import { alarmCount, concerns, connection, devices, gateways, status } from './site.ts';
import { t } from './texts.ts';

export function SiteSentence(): JSX.Element {
  const { notices } = concerns.value;
  const count = alarmCount.value;
  if (!status.value || connection.value === 'lost')
    return <span class="summary summary-lost">{t('lost.title')}</span>;
  const mark = count > 0 ? 'degraded' : notices.length > 0 ? 'connecting' : 'ok';
  return (
    <span class={`summary summary-${mark}`}>
      <StateIcon mark={mark} />
      <span>
        {count > 0
          ? t('all.attention', { count })
          : notices.length > 0
            ? sentence(notices.map(concernWords).join(', '))
            : t('all.well', { gateways: gateways.value.length, devices: devices.value.length })}
      </span>
    </span>
  );
}
