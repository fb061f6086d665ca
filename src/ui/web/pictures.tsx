/** Puts a picture on the box: chosen or taken with the phone, made small here, without what a camera writes beside it. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PictureView } from '../shapes/pictures.ts';
import { api, ask, type Refusal, tell } from './call.ts';
import { Refused } from './components.tsx';
import { t } from './texts.ts';

/** The longer side of what is kept. */
const MAX_SIDE = 1_600;
const JPEG_QUALITY = 0.8;
/** Of a photo that is opened at all, and of a drawing, which is kept as it is. */
const MAX_FILE_BYTES = 40 * 1024 * 1024;
const MAX_SVG_BYTES = 2 * 1024 * 1024;
/** 2 MB over a poor line. */
const SENT_WITHIN_MS = 120_000;

type Kind = PictureView['kind'];
type Fault = 'no_picture' | 'too_large';

/** `changed`: when it was, so that the browser asks again. */
export function pictureUrl(kind: Kind, of: string, changed = ''): string {
  return `/api/v1/pictures/${kind}/${encodeURIComponent(of)}?${encodeURIComponent(changed)}`;
}

export interface PictureState {
  /** Of the picture; null where there is none, undefined until the box has said. */
  readonly url: Signal<string | null | undefined>;
  /** Asks the box again. */
  readonly look: () => void;
}

/** Whether there is a picture, and where. */
export function usePicture(kind: Kind, of: string): PictureState {
  const url = useSignal<string | null | undefined>(undefined);
  const look = (): void => {
    ask(api.pictures.$get({ query: { kind, of } })).then(
      ({ value }) => {
        const [found] = value?.items ?? [];
        if (value) url.value = found ? pictureUrl(kind, of, found.changed) : null;
      },
      () => {},
    );
  };
  useEffect(look, [kind, of]);
  return { url, look };
}

/** What is to be kept of `file`. A drawing stays a drawing; all else becomes a JPEG of at most 1 600 pixels a side. */
export async function shrunk(file: File): Promise<Blob | Fault> {
  if (file.type === 'image/svg+xml') return file.size > MAX_SVG_BYTES ? 'too_large' : file;
  if (file.size > MAX_FILE_BYTES) return 'too_large';
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return 'no_picture';
  try {
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext('2d');
    if (!pen) return 'no_picture';
    // A JPEG knows no transparency; a drawing on nothing is one on paper.
    pen.fillStyle = '#fff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY),
    );
    return blob ?? 'no_picture';
  } finally {
    picture.close();
  }
}

interface PictureInputProps {
  readonly kind: Kind;
  readonly of: string;
  readonly label: string;
  /** It is on the box. */
  readonly stored: () => void;
}

/** A button that takes a picture and puts it on the box. */
export function PictureInput({ kind, of, label, stored }: PictureInputProps): JSX.Element {
  const fault = useSignal<Fault | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const busy = useSignal(false);
  const send = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    busy.value = true;
    refused.value = undefined;
    const body = await shrunk(file);
    fault.value = typeof body === 'string' ? body : undefined;
    if (typeof body !== 'string') {
      const signal = AbortSignal.timeout(SENT_WITHIN_MS);
      refused.value = await tell(fetch(pictureUrl(kind, of), { method: 'PUT', body, signal }));
      if (!refused.value) stored();
    }
    busy.value = false;
  };
  return (
    <div class="picture-input">
      <label class="toggle file">
        {busy.value ? t('picture.sending') : label}
        <input
          type="file"
          accept="image/png,image/jpeg,image/webp,image/svg+xml"
          disabled={busy.value}
          onChange={({ currentTarget }) => {
            send(currentTarget.files?.[0]).catch(() => {
              busy.value = false;
            });
            currentTarget.value = '';
          }}
        />
      </label>
      <p role="alert">{fault.value ? t(`picture.${fault.value}`) : ''}</p>
      <Refused refusal={refused.value} />
    </div>
  );
}
