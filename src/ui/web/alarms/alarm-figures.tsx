/** How much there is to work through: alarms an hour against what one person can manage, the ten worst, those that chatter. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmStatisticsView } from '../../shapes/alarms.ts';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Empty, Refused } from '../components.tsx';
import { moment } from '../dates.ts';
import { duration } from '../format.ts';
import { hrefOf } from '../page.ts';
import { boxNowMs } from '../screen-clock.ts';
import { siteZone, today } from '../site.ts';
import { t } from '../texts.ts';

const DAY_MS = 86_400_000;
const DAYS = [1, 7, 30] as const;
/** ISA-18.2: as many announced in an hour can be managed. */
const MANAGEABLE = 6;

export function AlarmFigures(): JSX.Element {
  const days = useSignal<(typeof DAYS)[number]>(1);
  const figures = useSignal<AlarmStatisticsView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const look = async (): Promise<void> => {
    const from = new Date(boxNowMs.peek() - days.peek() * DAY_MS).toISOString();
    const { value, refusal } = await ask(api.alarms.statistics.$get({ query: { from } }));
    refused.value = refusal;
    figures.value = value;
  };
  useEffect(() => void look(), []);
  return (
    <>
      <div class="tools">
        {DAYS.map((one) => (
          <button
            key={one}
            type="button"
            class="toggle"
            aria-pressed={one === days.value}
            onClick={() => {
              days.value = one;
              void look();
            }}
          >
            {t('alarm.days', { count: one })}
          </button>
        ))}
      </div>
      <Refused refusal={refused.value} />
      {figures.value ? <Figures of={figures.value} /> : null}
    </>
  );
}

function Figures({ of }: { of: AlarmStatisticsView }): JSX.Element {
  const all = of.perHour.reduce((sum, { count }) => sum + count, 0);
  const over = of.perHour.filter(({ count }) => count > MANAGEABLE).length;
  if (all === 0) return <Empty hint={t('alarm.figures.none')} />;
  return (
    <>
      {of.isCut ? <p class="hint note">{t('alarm.figures.cut')}</p> : null}
      <p class="lead">
        {t('alarm.figures.all', { count: all })}{' '}
        {over === 0 ? t('alarm.figures.within') : t('alarm.figures.over', { count: over })}
      </p>
      <Hours of={of} />
      <Worst of={of} />
      <Chattering of={of} />
    </>
  );
}

/** A bar an hour, with the line of what can be managed; the same as a table for those who do not see it. */
function Hours({ of: { perHour } }: { of: AlarmStatisticsView }): JSX.Element {
  const top = Math.max(MANAGEABLE * 1.5, ...perHour.map(({ count }) => count));
  const width = 100 / perHour.length;
  const when = (start: string): string => moment(Date.parse(start), today.value, siteZone.value);
  return (
    <figure class="alarm-hours">
      <svg viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={t('alarm.figures.perHour')}>
        {perHour.map(({ start, count }, n) => (
          <rect
            key={start}
            class={count > MANAGEABLE ? 'over' : ''}
            x={n * width}
            width={width * 0.85}
            y={30 - (count / top) * 30}
            height={(count / top) * 30}
          />
        ))}
        <line x1="0" x2="100" y1={30 - (MANAGEABLE / top) * 30} y2={30 - (MANAGEABLE / top) * 30} />
      </svg>
      <figcaption class="detail">
        {t('alarm.figures.caption', {
          from: when(perHour[0]?.start ?? ''),
          to: when(perHour.at(-1)?.start ?? ''),
          most: Math.max(...perHour.map(({ count }) => count)),
        })}
      </figcaption>
    </figure>
  );
}

function Worst({ of: { worst } }: { of: AlarmStatisticsView }): JSX.Element {
  return (
    <section class="section" aria-labelledby="alarms-worst">
      <h3 id="alarms-worst">{t('alarm.figures.worst')}</h3>
      <ol class="rows">
        {worst.map(({ alarm, name, count }) => (
          <li key={alarm} class="row">
            <span>{name}</span>
            <span class="number">{count}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Chattering({ of: { chattering } }: { of: AlarmStatisticsView }): JSX.Element | null {
  if (chattering.length === 0) return null;
  return (
    <section class="section" aria-labelledby="alarms-chattering">
      <h3 id="alarms-chattering">{t('alarm.figures.chattering')}</h3>
      <ul class="rows">
        {chattering.map(({ alarm, rule, name, count, proposal }) => (
          <li key={alarm} class="row">
            <strong>{name}</strong>
            <span class="number">{count}</span>
            <span class="why quiet">
              {proposal ? proposalWords(proposal) : t('alarm.figures.noProposal')}{' '}
              {maySetUp.value ? (
                <a class="choice look-quiet" href={hrefOf('rule', rule)}>
                  {t('alarm.figures.toRule')}
                </a>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function proposalWords({
  onDelayMs,
  deadband,
}: {
  onDelayMs: number;
  deadband?: number | undefined;
}): string {
  const delay = duration(onDelayMs);
  return deadband === undefined
    ? t('alarm.figures.delay', { delay })
    : t('alarm.figures.delayAndBand', { delay, deadband });
}
