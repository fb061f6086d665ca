/** The first page: one sentence that is true of the whole site, what needs attention with what to do, the values, and the rest in a line each. */

import type { JSX } from 'preact';
import type { StatusView } from '../shapes/status.ts';
import { isAway } from './attention.ts';
import { AttentionList } from './attention-list.tsx';
import { FEW } from './backlog.ts';
import { TopPage } from './components.tsx';
import { withMoments } from './dates.ts';
import { FirstSteps, isBegun } from './first-steps.tsx';
import { sentence } from './format.ts';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './page.ts';
import { isAmiss, OutlookWords, PartCard } from './part-cards.tsx';
import { type PartName, type PartView, partsOf } from './parts.ts';
import { connection, devices, gateways, judged, siteZone, today } from './site.ts';
import { SiteSentence } from './site-sentence.tsx';
import { t } from './texts.ts';
import { Tiles, tilesOf } from './tiles.tsx';
import { detailWords } from './told.ts';

/** Devices shown here; all of them have a page of their own. */
const SHOWN = 12;

export function SitePage({ status }: { status: StatusView }): JSX.Element {
  const list = judged.value;
  return (
    <TopPage name="site-page" title={<SiteSentence />}>
      {isBegun.value ? null : <FirstSteps status={status} />}
      <AttentionList />
      <AmissParts status={status} />
      {list.length === 0 ? null : (
        <section
          class={`section ${connection.value === 'lost' ? 'stale' : ''}`}
          aria-labelledby="values-title"
        >
          <div class="section-head">
            <h3 class="group-title" id="values-title">
              {t('site.values')}
            </h3>
            <a class="forth" href={hrefOf('devices')}>
              {t('site.allDevices', { count: list.length })} ›
            </a>
          </div>
          <Tiles list={tilesOf(list).slice(0, SHOWN)} />
        </section>
      )}
      <NormalParts status={status} />
    </TopPage>
  );
}

/** Parts that are not as they should be, open: with cause and what to do. */
function AmissParts({ status }: { status: StatusView }): JSX.Element | null {
  const amiss = partsOf(status).filter(([name, { state }]) => isAmiss(state) && !isAway(name, status));
  if (amiss.length === 0) return null;
  return (
    <div class="parts">
      {amiss.map(([name, part]) => (
        <PartCard key={name} name={name} part={part} status={status} />
      ))}
    </div>
  );
}

/** The others, a line each. */
function NormalParts({ status }: { status: StatusView }): JSX.Element {
  const online = gateways.value.filter(({ state }) => state === 'online').length;
  const normal = partsOf(status).filter(([name, { state }]) => !isAmiss(state) || isAway(name, status));
  return (
    <section class="section" aria-labelledby="lines-title">
      <div class="section-head">
        <h3 class="group-title" id="lines-title">
          {t('site.parts')}
        </h3>
      </div>
      <ul class="rows lines">
        {normal.map(([name, part]) => (
          <PartLine key={name} name={name} part={part} status={status} />
        ))}
        <li>
          <a class="row choice" href={hrefOf('gateways')}>
            <strong>{t('page.name.gateways')}</strong>
            <span>{t('site.gateways', { online, count: gateways.value.length })}</span>
          </a>
        </li>
        <li>
          <a class="row choice" href={hrefOf('devices')}>
            <strong>{t('devices.title')}</strong>
            <span>{t('devices.count', { count: devices.value.length })}</span>
          </a>
        </li>
      </ul>
    </section>
  );
}

interface LineProps {
  readonly name: PartName;
  readonly part: PartView;
  readonly status: StatusView;
}

function PartLine({ name, part, status }: LineProps): JSX.Element {
  const { state } = part;
  const away = isAway(name, status);
  return (
    <li class={`line state-${away ? 'away' : state}`}>
      <a class="row choice" href={hrefOf('parts')}>
        <strong>
          <StateIcon mark={away ? 'connecting' : state} /> {t(`part.${name}`)}
        </strong>
        <span>{t(`state.${away ? 'away' : state}`)}</span>
        <span class="why">
          {away ? t('away.detail') : sentence(withMoments(detailWords(part), today.value, siteZone.value))}
          {name === 'influx' || name === 'centre' ? <Waiting name={name} status={status} /> : null}
        </span>
      </a>
    </li>
  );
}

/** What waits to be delivered, and until when, where that is worth a word. */
function Waiting({ name, status }: { name: 'influx' | 'centre'; status: StatusView }): JSX.Element | null {
  const { pending } = status[name];
  if (pending < FEW) return null;
  return (
    <>
      {' '}
      {t('part.pending', { count: pending })}
      <OutlookWords name={name} />
    </>
  );
}
