/** Frames of devices the site does not know, and what was refused for other reasons. */
import type { JSX } from 'preact';
import { Ago, Empty, Reception, Section } from './components.tsx';
import { status, unknownDevices } from './site.ts';
import { t } from './texts.ts';

/** The newest are enough on a page; the API has them all. */
const SHOWN = 12;

export function UnknownDevices(): JSX.Element {
  const list = unknownDevices.value.toSorted((a, b) => b.lastSeen.localeCompare(a.lastSeen)).slice(0, SHOWN);
  return (
    <Section id="strangers" title={t('strangers.title')} count={unknownDevices.value.length}>
      {list.length === 0 ? (
        <Empty hint={t('strangers.empty')} />
      ) : (
        <>
          <p class="lead">{t('strangers.hint')}</p>
          <ul class="rows">
            {list.map(({ devAddr, devEui, reason, gatewayId, frames, lastSeen, rssi, snr }) => (
              <li key={devEui ?? devAddr} class="row stranger">
                <strong class="mono">{devEui ?? devAddr}</strong>
                <span>{reason.replaceAll('_', ' ')}</span>
                <span>
                  {frames.toLocaleString()} × · <Ago time={lastSeen} />
                </span>
                <Reception rssi={rssi} snr={snr} />
                <span class="mono quiet">{gatewayId}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <Refused />
    </Section>
  );
}

function Refused(): JSX.Element | null {
  const reasons = Object.entries(status.value?.refused ?? {}).filter(([, count]) => count > 0);
  if (reasons.length === 0) return null;
  return (
    <div class="refused">
      <h3>{t('refused.title')}</h3>
      <p class="lead">{t('refused.hint')}</p>
      <dl>
        {reasons.map(([reason, count]) => (
          <div key={reason}>
            <dt>{reason.replaceAll('_', ' ')}</dt>
            <dd>{count.toLocaleString()}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
