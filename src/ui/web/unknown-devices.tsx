/** Frames of devices the site does not know, and what was refused for other reasons. */
import type { JSX } from 'preact';
import type { UnknownDeviceView } from '../shapes/status.ts';
import { Ago, Empty, Reception, SubPage } from './components.tsx';
import { hrefOf } from './page.ts';
import { refusalWords } from './refusal-words.ts';
import { devices, status, unknownDevices } from './site.ts';
import { locale, t } from './texts.ts';

/** The newest are enough on a page. */
const SHOWN = 100;

export function UnknownDevicesPage(): JSX.Element {
  const all = unknownDevices.value;
  const list = all.toSorted((a, b) => b.lastSeen.localeCompare(a.lastSeen)).slice(0, SHOWN);
  return (
    <SubPage title={t('strangers.title')} aside={<span class="count">{all.length}</span>}>
      {list.length === 0 ? (
        <Empty hint={t('strangers.empty')} />
      ) : (
        <>
          <p class="lead">{t('strangers.hint')}</p>
          <ul class="rows" id="strangers">
            {list.map((one) => (
              <Unknown key={one.devEui ?? one.devAddr} one={one} />
            ))}
          </ul>
        </>
      )}
      <Refused />
    </SubPage>
  );
}

function Unknown({ one }: { one: UnknownDeviceView }): JSX.Element {
  const { devAddr, devEui, reason, gatewayId, frames, lastSeen, rssi, snr } = one;
  const declared = devices.value.find(({ value }) => value.devEui === devEui)?.value;
  return (
    <li class="row stranger">
      <strong class={declared ? '' : 'mono'}>
        {declared ? <a href={hrefOf('device', declared.devEui)}>{declared.name}</a> : (devEui ?? devAddr)}
      </strong>
      <span>
        <span class="number">{frames.toLocaleString(locale)} ×</span> · <Ago time={lastSeen} />
      </span>
      <span class="why">{refusalWords(reason)}</span>
      <span class="mono quiet">{gatewayId}</span>
      <Reception rssi={rssi} snr={snr} />
    </li>
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
            <dt>{refusalWords(reason)}</dt>
            <dd class="number">{count.toLocaleString(locale)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
