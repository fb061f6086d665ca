/** The ways to read a code on a device: the camera where the browser allows it, a photo everywhere. */
import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { ScanFault } from './scan-code.ts';
import { t } from './texts.ts';

interface ScanProps {
  /** What a code says. */
  readonly take: (text: string) => void;
}

export function Scan({ take }: ScanProps): JSX.Element {
  const fault = useSignal<ScanFault | 'not_loaded' | undefined>(undefined);
  const looking = useSignal(false);
  const mayLook = globalThis.isSecureContext && navigator.mediaDevices !== undefined;
  const readFile = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    fault.value = undefined;
    const { readPhoto } = await import('./scan-code.ts');
    const found = await readPhoto(file);
    if ('text' in found) take(found.text);
    else fault.value = found.fault;
  };
  return (
    <div class="tools">
      {mayLook ? (
        <button
          type="button"
          class="toggle"
          onClick={() => {
            fault.value = undefined;
            looking.value = !looking.value;
          }}
        >
          {t(looking.value ? 'add.stop' : 'add.camera')}
        </button>
      ) : null}
      <label class="toggle file">
        {t('add.photo')}
        <input
          type="file"
          accept="image/*"
          capture="environment"
          onChange={({ currentTarget }) => {
            readFile(currentTarget.files?.[0]).catch(() => {
              fault.value = 'not_loaded';
            });
            currentTarget.value = '';
          }}
        />
      </label>
      {looking.value ? <Viewfinder looking={looking} fault={fault} take={take} /> : null}
      <p role="alert">{fault.value ? t(`add.${fault.value}`) : ''}</p>
    </div>
  );
}

function Viewfinder({
  looking,
  fault,
  take,
}: ScanProps & {
  looking: Signal<boolean>;
  fault: Signal<ScanFault | 'not_loaded' | undefined>;
}): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  useSignalEffect(() => {
    const ending = new AbortController();
    const look = async (): Promise<void> => {
      const { readCamera } = await import('./scan-code.ts');
      if (!video.current || ending.signal.aborted) return;
      const found = await readCamera(video.current, ending.signal);
      if (!found) return;
      looking.value = false;
      if ('text' in found) take(found.text);
      else fault.value = found.fault;
    };
    look().catch(() => {
      fault.value = 'not_loaded';
    });
    return () => ending.abort();
  });
  return <video ref={video} class="viewfinder" muted playsInline aria-label={t('add.viewfinder')} />;
}
