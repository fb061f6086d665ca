/** Downlinks of a device: what waits, what became of the last ones, and a form for one more. */
import { type ReadonlySignal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import type { DeviceView, DownlinkStepView, DownlinkView } from '../shapes/devices.ts';
import { mayOperate } from './access.ts';
import { api, ask, type Refusal, tell } from './call.ts';
import { Ago, ConfirmButton, Empty, Refused, Section } from './components.tsx';
import { isLost } from './downlink-step.ts';
import { lazy } from './lazy.tsx';
import { QueueEnd } from './send/queue-end.tsx';
import { happening } from './site.ts';
import { t } from './texts.ts';
import { detailWords } from './told.ts';

/** Downlinks shown that are done with. */
const DONE = 6;

/** They make no downlinks. */
const BUILT_IN: ReadonlySet<string> = new Set(['raw', 'cayenne']);

const ObjectForm = lazy(() => import('./send/object-form.tsx').then((file) => file.ObjectForm), {
  isPart: true,
});

interface Lines {
  readonly waiting: readonly DownlinkView[];
  /** The last step of each that no longer waits, newest first. */
  readonly done: readonly DownlinkStepView[];
}

/** `newest` changes with each uplink, after which a waiting downlink goes out. */
export function Downlinks({
  devEui,
  presets = [],
  newest,
  profile,
  decoder,
}: {
  devEui: string;
  profile: string | undefined;
  decoder: string;
  presets: DeviceView['presets'] | undefined;
  newest: ReadonlySignal<string | undefined>;
}): JSX.Element {
  const lines = useSignal<Lines>({ waiting: [], done: [] });
  const step = useComputed(() => (happening.value?.device === devEui ? happening.value.id : ''));
  const refused = useSignal<Refusal | undefined>(undefined);
  const fetchLines = (): void => {
    readLines(devEui).then(
      (found) => {
        if (found) lines.value = found;
      },
      () => {},
    );
  };
  useSignalEffect(() => {
    void newest.value;
    void step.value;
    fetchLines();
  });
  const cancel = async (id: string): Promise<void> => {
    const one = api.devices[':devEui'].downlinks[':id'];
    refused.value = await tell(one.$delete({ param: { devEui, id } }));
    fetchLines();
  };
  const { waiting, done } = lines.value;
  return (
    <Section id="downlinks" title={t('downlinks.title')} count={waiting.length}>
      {waiting.length + done.length === 0 ? <Empty hint={t('downlinks.none')} /> : null}
      <ul class="rows">
        {waiting.map((item) => (
          <Waiting key={item.id} item={item} cancel={() => void cancel(item.id).catch(() => {})} />
        ))}
        {done.map((item) => (
          <Done key={item.id} item={item} />
        ))}
      </ul>
      <Refused refusal={refused.value} />
      {mayOperate.value && presets.length > 0 ? (
        <div class="tools presets">
          {presets.map((preset) => (
            <ConfirmButton
              key={preset.name}
              label={preset.name}
              act={() => {
                sendPreset(devEui, preset).then(
                  (refusal) => {
                    refused.value = refusal;
                    fetchLines();
                  },
                  () => {},
                );
              }}
            />
          ))}
        </div>
      ) : null}
      {mayOperate.value && !BUILT_IN.has(decoder) ? (
        <ObjectForm devEui={devEui} profile={profile} sent={fetchLines} />
      ) : null}
      {mayOperate.value ? <Form devEui={devEui} sent={fetchLines} /> : null}
    </Section>
  );
}

/** What the profile of the device declares: 'Open valve'. */
function sendPreset(
  devEui: string,
  { name: _, confirmed = false, ...what }: Preset,
): Promise<Refusal | undefined> {
  const { downlinks } = api.devices[':devEui'];
  return tell(downlinks.$post({ param: { devEui }, json: { ...what, confirmed } as DownlinkInput }));
}

type DownlinkInput = Parameters<(typeof api.devices)[':devEui']['downlinks']['$post']>[0]['json'];

type Preset = NonNullable<DeviceView['presets']>[number];

async function readLines(devEui: string): Promise<Lines | undefined> {
  const { downlinks } = api.devices[':devEui'];
  const [queue, steps] = await Promise.all([
    ask(downlinks.$get({ param: { devEui } })),
    ask(downlinks.steps.$get({ param: { devEui } })),
  ]);
  if (!queue.value || !steps.value) return undefined;
  const seen = new Set(queue.value.items.map(({ id }) => id));
  const done = steps.value.items.filter(({ id }) => !seen.has(id) && seen.add(id));
  const bytes = new Map(steps.value.items.map(({ id, data }) => [id, data ?? '']));
  return {
    waiting: queue.value.items,
    done: done.slice(0, DONE).map((step) => ({ ...step, data: bytes.get(step.id) ?? '' })),
  };
}

function Waiting({ item, cancel }: { item: DownlinkView; cancel: () => void }): JSX.Element {
  return (
    <li class="row downlink">
      <strong>{t(`downlinks.${item.state}`)}</strong>
      <Ago time={item.queued} />
      <What {...item} />
      <span>{item.tries > 0 ? t('downlinks.tries', { count: item.tries }) : null}</span>
      {mayOperate.value && item.state === 'waiting' ? (
        <ConfirmButton label={t('downlinks.cancel')} act={cancel} />
      ) : null}
    </li>
  );
}

function Done({ item }: { item: DownlinkStepView }): JSX.Element {
  const isBad = isLost(item.step);
  return (
    <li class="row downlink">
      <strong class={isBad ? 'amiss' : ''}>{t(`downlinks.${item.step}`)}</strong>
      <Ago time={item.time} />
      <What {...item} />
      <span class="quiet">{detailWords({ detail: item.reason ?? '', said: item.said })}</span>
    </li>
  );
}

type WhatProps = Pick<DownlinkView, 'fPort' | 'confirmed'> & { readonly data?: string | undefined };

function What({ fPort, data, confirmed }: WhatProps): JSX.Element {
  return (
    <span>
      {t('downlinks.port', { port: fPort })} <span class="mono">{data}</span>
      {confirmed ? <span class="quiet"> · {t('downlinks.mark')}</span> : null}
    </span>
  );
}

function Form({ devEui, sent }: { devEui: string; sent: () => void }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const send = async (form: HTMLFormElement): Promise<void> => {
    const given = new FormData(form);
    const json = {
      fPort: Number(given.get('port')),
      data: String(given.get('data') ?? '').replace(/\s+/g, ''),
      confirmed: given.has('confirmed'),
    };
    const refusal = await tell(api.devices[':devEui'].downlinks.$post({ param: { devEui }, json }));
    refused.value = refusal;
    if (refusal) return;
    form.reset();
    sent();
  };
  const submit = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    send(event.currentTarget).catch(() => {});
  };
  return (
    <form class="card entry" onSubmit={submit}>
      <div class="field-row">
        <div class="field port">
          <label for="down-port">{t('codecs.port')}</label>
          <input id="down-port" name="port" type="number" min={1} max={223} required defaultValue="1" />
        </div>
        <div class="field">
          <label for="down-data">{t('codecs.bytes')}</label>
          <input
            id="down-data"
            name="data"
            class="mono"
            autocapitalize="none"
            autocomplete="off"
            spellcheck={false}
          />
        </div>
      </div>
      <QueueEnd refusal={refused.value} />
      <p class="detail">{t('downlinks.hint')}</p>
    </form>
  );
}
