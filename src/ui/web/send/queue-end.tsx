/** The end of each form that queues a downlink: whether it is confirmed, why it was refused, and the button. */
import type { JSX } from 'preact';
import type { Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { t } from '../texts.ts';

export function QueueEnd({ refusal }: { refusal: Refusal | undefined }): JSX.Element {
  return (
    <>
      <label class="check">
        <input type="checkbox" name="confirmed" />
        {t('downlinks.confirmed')}
      </label>
      <Refused refusal={refusal} />
      <button type="submit" class="primary">
        {t('downlinks.queue')}
      </button>
    </>
  );
}
