/** The photo of a device as it hangs there: shown, taken, replaced, removed. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { maySetUp } from './access.ts';
import { api, type Refusal, tell } from './call.ts';
import { ConfirmButton, Refused, Section } from './components.tsx';
import { PictureInput, usePicture } from './pictures.tsx';
import { t } from './texts.ts';

export function DevicePhoto({ devEui, name }: { devEui: string; name: string }): JSX.Element | null {
  const { url, look } = usePicture('device', devEui);
  const refused = useSignal<Refusal | undefined>(undefined);
  const remove = async (): Promise<void> => {
    const one = api.pictures[':kind'][':of'];
    refused.value = await tell(one.$delete({ param: { kind: 'device', of: devEui } }));
    look();
  };
  if (!url.value && !maySetUp.value) return null;
  return (
    <Section id="photo" title={t('picture.photo')}>
      {url.value ? <img class="photo" src={url.value} alt={t('picture.photoOf', { name })} /> : null}
      {maySetUp.value ? (
        <div class="tools">
          <PictureInput kind="device" of={devEui} label={t('picture.takePhoto')} stored={look} />
          {url.value ? <ConfirmButton label={t('picture.remove')} act={() => void remove()} /> : null}
        </div>
      ) : null}
      <Refused refusal={refused.value} />
    </Section>
  );
}
