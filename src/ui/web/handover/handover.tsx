/**
 * The report a technician hands over: the site, its gateways, every device with what it said and how well it is heard, what
 * the box finds of itself, and who says so. Made to be printed; the browser saves it as PDF.
 */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { access, maySetUp } from '../access.ts';
import { Section, SubPage } from '../components.tsx';
import { wholeTime, withMoments } from '../dates.ts';
import { sentences } from '../format.ts';
import { boxNowMs } from '../screen-clock.ts';
import { gateways, siteZone, status, today } from '../site.ts';
import { hasText, t } from '../texts.ts';
import { type Said, toldWords } from '../told.ts';
import { adviceWords, verdictWords } from '../why-words.ts';
import { Devices } from './device-list.tsx';

interface Finding {
  readonly what: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly hint?: string;
  readonly said?: readonly Said[];
  /** Whose verdict it is. */
  readonly device?: string;
}

export function HandoverPage(): JSX.Element {
  const who = useSignal(access.value?.user?.name ?? '');
  const notes = useSignal('');
  const madeMs = useSignal(boxNowMs.peek());
  const when = (timeMs: number): string => wholeTime(timeMs, siteZone.value);
  return (
    <SubPage title={t('handover.title')}>
      <div class="tools care-tools screen-only">
        <button
          type="button"
          class="primary"
          onClick={() => {
            madeMs.value = boxNowMs.peek();
            // With its next drawing.
            requestAnimationFrame(() => requestAnimationFrame(() => print()));
          }}
        >
          {t('handover.print')}
        </button>
      </div>
      <dl class="told">
        <dt>{t('handover.site')}</dt>
        <dd>{status.value?.site}</dd>
        <dt>{t('handover.made')}</dt>
        <dd>
          {when(madeMs.value)}, WebSCADA Edge {status.value?.version}
        </dd>
      </dl>
      <label class="handover-field">
        {t('handover.who')}
        <input
          value={who.value}
          onInput={(event) => {
            who.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="handover-field">
        {t('handover.notes')}
        <textarea
          rows={3}
          value={notes.value}
          onInput={(event) => {
            notes.value = event.currentTarget.value;
          }}
        />
      </label>
      <Gateways />
      <Devices />
      {maySetUp.value ? <Findings /> : null}
      <p class="handover-sign">{t('handover.sign')}</p>
    </SubPage>
  );
}

function Gateways(): JSX.Element {
  return (
    <Section id="handover-gateways" title={t('gateways.title')} count={gateways.value.length}>
      <ul class="handover-list">
        {gateways.value.map(({ gatewayId, name, place, antenna, state, uplinks }) => {
          const key = `state.${state}`;
          const noted = [place, antenna].filter((one) => one !== undefined).join(', ');
          return (
            <li key={gatewayId}>
              {name === undefined ? null : <strong>{name} </strong>}
              <span class="mono">{gatewayId}</span> {hasText(key) ? t(key) : state},{' '}
              {t('gateways.uplinks', { count: uplinks })}
              {noted === '' ? null : <div>{noted}</div>}
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

/** What was found, of what, and what to do about it. */
function findingWords({ what, level, text, hint, said = [], device }: Finding): string {
  if (device !== undefined) {
    const { todo } = said.at(-1) ?? {};
    const advice = adviceWords({ todo, advice: hint });
    const verdict = said.length === 0 ? text : `${device}: ${verdictWords({ said: [...said], text })}`;
    return sentences(verdict, advice);
  }
  const told = toldWords({ detail: text, hint, said });
  const key = `handover.what.${what}`;
  const words = `${hasText(key) ? t(key) : what}: ${told.detail}`;
  const when = (one: string): string => withMoments(one, today.value, siteZone.value);
  return level === 'ok' ? sentences(when(words)) : sentences(when(words), told.hint);
}

/** What `doctor` finds, as it is in the support bundle. */
function Findings(): JSX.Element {
  const found = useSignal<readonly Finding[] | undefined>(undefined);
  useEffect(() => {
    fetch('/api/v1/support/files/doctor.json')
      .then(async (answer) => (answer.ok ? ((await answer.json()) as readonly Finding[]) : []))
      .then(
        (list) => {
          found.value = list;
        },
        () => {},
      );
  }, []);
  return (
    <Section id="findings" title={t('handover.doctor')}>
      {found.value === undefined ? <p class="detail">{t('page.loading')}</p> : null}
      <ul class="handover-list">
        {found.value?.map((finding) => (
          <li key={`${finding.what} ${finding.text}`}>
            <strong>{t(`handover.level.${finding.level}`)}</strong> {findingWords(finding)}
          </li>
        ))}
      </ul>
    </Section>
  );
}
