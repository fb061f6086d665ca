/** A file on its way to the box: how far it is, a button that ends it, and why the box did not take it. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { UploadView } from '../../shapes/backups.ts';
import type { Refusal } from '../call.ts';
import { t } from '../texts.ts';
import { sendFile } from './send-file.ts';

export interface SendingState {
  /** Undefined while nothing is on its way. */
  readonly now: Signal<{ readonly name: string; readonly share: number } | undefined>;
  readonly refused: Signal<Refusal | undefined>;
  /** The upload once all of it is there; undefined where it was ended or refused. */
  readonly send: (file: File) => Promise<UploadView | undefined>;
}

export function useSending(kind: UploadView['kind']): SendingState {
  const now = useSignal<{ readonly name: string; readonly share: number } | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const send = async (file: File): Promise<UploadView | undefined> => {
    refused.value = undefined;
    now.value = { name: file.name, share: 0 };
    const sent = await sendFile(kind, file, {
      progress: (received) => {
        if (now.peek()) now.value = { name: file.name, share: received / file.size };
      },
      isWanted: () => now.peek() !== undefined,
    });
    now.value = undefined;
    refused.value = sent?.refusal;
    return sent?.value;
  };
  return { now, refused, send };
}

export function SendingShown({ now }: Pick<SendingState, 'now'>): JSX.Element | null {
  if (!now.value) return null;
  const { name, share } = now.value;
  return (
    <div role="status">
      <progress class="progress" max={1} value={share} aria-label={t('send.progress')} />
      <p class="detail">{t('send.sending', { name, percent: Math.floor(share * 100) })}</p>
      <button
        type="button"
        class="toggle"
        onClick={() => {
          now.value = undefined;
        }}
      >
        {t('send.stop')}
      </button>
    </div>
  );
}
