/** What needs attention, as a list with links: what it is, what to do, and the ones concerned by name. */
import type { JSX } from 'preact';
import type { Concern } from './attention.ts';
import { concernWords, placeOf, todoOf } from './concern-words.ts';
import { isBegun } from './first-steps.tsx';
import { StateIcon } from './icons.tsx';
import { hrefOf } from './page.ts';
import { concerns, nameOf } from './site.ts';
import { t } from './texts.ts';

/** What the steps of a new box say already. */
const AWAITED: ReadonlySet<Concern['kind']> = new Set(['waitGateway', 'waitDevices']);
/** So many are named; the others are where the link leads. */
const NAMED = 4;

export function AttentionList(): JSX.Element | null {
  const { alarms, notices } = concerns.value;
  // What the cards below say in full is not said twice.
  const list = alarms.filter(({ kind }) => kind !== 'part');
  const others = notices.filter(({ kind }) => kind !== 'part' && (isBegun.value || !AWAITED.has(kind)));
  if (list.length + others.length === 0) return null;
  return (
    <section class="section" aria-labelledby="attention-title">
      <h3 class="spoken" id="attention-title">
        {t('site.attention')}
      </h3>
      <ul class="rows attention">
        {list.map((concern) => (
          <Item key={concern.kind} concern={concern} mark="degraded" />
        ))}
        {others.map((concern) => (
          <Item key={concern.kind} concern={concern} mark="connecting" />
        ))}
      </ul>
    </section>
  );
}

function Item({ concern, mark }: { concern: Concern; mark: 'degraded' | 'connecting' }): JSX.Element {
  const place = placeOf(concern);
  const words = concernWords(concern);
  const todo = todoOf(concern);
  return (
    <li class={`concern state-${mark}`}>
      <StateIcon mark={mark} />
      <div>
        {place === undefined ? (
          <strong>{words}</strong>
        ) : (
          <a class="choice" href={place}>
            <strong>{words}</strong> ›
          </a>
        )}
        {todo === '' ? null : <p class="detail">{todo}</p>}
        <Names concern={concern} />
      </div>
    </li>
  );
}

function Names({ concern }: { concern: Concern }): JSX.Element | null {
  const of = concern.kind === 'part' ? [] : (concern.of ?? []);
  if (of.length === 0) return null;
  const isGateway = concern.kind === 'gatewayOffline' || concern.kind === 'gatewayQos0';
  return (
    <p class="names">
      {of.slice(0, NAMED).map((id) =>
        isGateway ? (
          <span key={id} class="mono">
            {id}
          </span>
        ) : (
          <a key={id} class="choice" href={hrefOf('device', id)}>
            {nameOf(id)}
          </a>
        ),
      )}
      {of.length > NAMED ? <span class="quiet">{t('site.more', { count: of.length - NAMED })}</span> : null}
    </p>
  );
}
