/** Another device in the place of one that broke: only who it is and its key are asked for. */
import { useSignal } from '@preact/signals';
import type { JSX, TargetedSubmitEvent } from 'preact';
import type { DeviceView } from '../../shapes/devices.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused, Section } from '../components.tsx';
import { hexOf } from '../new-device.ts';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import { Field } from './field.tsx';

/** Any JoinEUI is let in under this one. */
const ANY = '0'.repeat(16);

export function Replace({ device }: { device: DeviceView }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const wrong = useSignal<'devEui' | 'appKey' | undefined>(undefined);
  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '').trim();
    const [devEui, appKey] = [hexOf(text('newDevEui'), 16), hexOf(text('newKey'), 32)];
    const isLater = text('newKey') === '';
    wrong.value = devEui === undefined ? 'devEui' : appKey === undefined && !isLater ? 'appKey' : undefined;
    if (devEui === undefined || wrong.value) return;
    const json = {
      devEui,
      joinEui: hexOf(text('newJoinEui'), 16) ?? (text('newJoinEui') || ANY),
      ...(isLater ? { keyMissing: true } : { appKey }),
    };
    const { value, refusal } = await ask(
      api.devices[':devEui'].replace.$post(
        { param: { devEui: device.devEui }, json },
        { headers: { 'if-match': `"${device.revision}"` } },
      ),
    );
    refused.value = refusal;
    if (value) location.hash = hrefOf('device', value.devEui);
  };
  return (
    <Section id="setup-replace" title={t('setup.replace')}>
      <p class="lead">{t('setup.replaceHint')}</p>
      <form class="entry" onSubmit={(event) => void submit(event)}>
        <Field name="newDevEui" label={t('setup.newDevEui')} mono />
        <Field name="newKey" label={t('add.key')} mono />
        <Field name="newJoinEui" label={t('add.joinEui')} mono value={device.joinEui ?? ''} />
        <p role="alert">{wrong.value ? t(`setup.wrong.${wrong.value}`) : ''}</p>
        <Refused refusal={refused.value} />
        <button type="submit" class="primary">
          {t('setup.replaceDo', { name: device.name })}
        </button>
      </form>
    </Section>
  );
}
