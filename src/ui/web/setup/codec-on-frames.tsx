/** What a codec makes of the newest frames of a device, before it is set. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { CodecTrialView } from '../../shapes/codecs.ts';
import type { DeviceView } from '../../shapes/devices.ts';
import type { ReadingView } from '../../shapes/records.ts';
import { api, ask } from '../call.ts';
import { Ago } from '../components.tsx';
import { shownFields } from '../fields.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';

const FRAMES = 3;

interface Tried {
  readonly codec: string;
  readonly frames: readonly { readonly reading: ReadingView; readonly view: CodecTrialView | undefined }[];
}

export function CodecOnFrames({
  device,
  codec,
  profile,
}: {
  readonly device: DeviceView;
  readonly codec: string;
  readonly profile: string;
}): JSX.Element | null {
  const tried = useSignal<Tried | undefined>(undefined);
  const wanted = useSignal({ codec, profile });
  if (wanted.peek().codec !== codec || wanted.peek().profile !== profile) wanted.value = { codec, profile };
  useSignalEffect(() => {
    const { codec: own, profile: of } = wanted.value;
    attempt(device.devEui, own, of).then(
      (found) => {
        if (wanted.peek().codec === own && wanted.peek().profile === of) tried.value = found;
      },
      () => {},
    );
  });
  const { frames = [] } = tried.value ?? {};
  if (frames.length === 0) return null;
  return (
    <div class="codec-frames" role="status">
      <h3>{t('setup.onFrames', { codec: tried.value?.codec ?? '' })}</h3>
      <ul class="rows">
        {frames.map(({ reading, view }) => (
          <li key={reading.id} class="row">
            <span class="mono">{reading.data}</span>
            <Ago time={reading.time} />
            <span class="why">{wordsOf(view, device)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function wordsOf(view: CodecTrialView | undefined, { fields: displays }: DeviceView): string {
  const fields = shownFields(view?.fields ?? {}, displays, true);
  const values = fields.map(({ label, text, unit = '' }) => `${label} ${text} ${unit}`.trim());
  const problem = detailWords({ detail: view?.problem ?? '', said: view?.said });
  return [...values, problem].filter((part) => part !== '').join(', ') || t('codecs.nothing');
}

async function attempt(devEui: string, codec: string, profileName: string): Promise<Tried | undefined> {
  const [readings, profile] = await Promise.all([
    ask(api.readings.$get({ query: { device: devEui, limit: String(FRAMES) } })),
    profileName === ''
      ? undefined
      : ask(api.profiles[':name'].$get({ param: { name: encodeURIComponent(profileName) } })),
  ]);
  const name = codec === 'raw' && profile?.value ? profile.value.codec : codec;
  const { variables } = profile?.value ?? {};
  const frames: Tried['frames'][number][] = [];
  for (const reading of readings.value?.items ?? []) {
    if (reading.fPort === null || reading.fPort === 0 || reading.data === '') continue;
    const json = { name, fPort: reading.fPort, bytes: reading.data, ...(variables ? { variables } : {}) };
    frames.push({ reading, view: (await ask(api.codecs.test.$post({ json }))).value });
  }
  return { codec: name, frames };
}
