/** The sound of the wall: as long as an alarm is active that nobody has acknowledged; a touch silences it until the next one. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { after } from '../screen-clock.ts';
import { allowSound, isAllowed, tone } from '../survey/signal-sound.ts';
import { t } from '../texts.ts';
import { alarmSummary, unseenAlarms } from './summary.ts';

const AGAIN_MS = 3_000;
const HERTZ = { critical: 988, high: 784, medium: 587, low: 440 } as const;

export function AlarmSound(): JSX.Element | null {
  const isSilenced = useSignal(false);
  const known = useSignal(0);
  const beats = useSignal(0);
  useSignalEffect(() => {
    const count = unseenAlarms.value;
    // One more than before is a reason to look again, whoever silenced those that were there.
    if (count > known.peek()) isSilenced.value = false;
    known.value = count;
  });
  useSignalEffect(() => {
    const top = alarmSummary.value?.top;
    void beats.value;
    if (!top || isSilenced.value) return undefined;
    // Without a touch a browser allows no sound unless it was started for a kiosk.
    void allowSound();
    tone(HERTZ[top.priority]);
    return after(AGAIN_MS, () => {
      beats.value += 1;
    });
  });
  // Drawn again with each beat: whether the browser lets us is not told otherwise.
  void beats.value;
  if (unseenAlarms.value === 0) return null;
  const isOn = isAllowed() && !isSilenced.value;
  return (
    <button
      type="button"
      class="toggle wall-sound"
      onClick={() => {
        isSilenced.value = isOn;
        void allowSound().then(() => {
          beats.value += 1;
        });
      }}
    >
      {t(isOn ? 'wall.silence' : isSilenced.value ? 'wall.silenced' : 'wall.allowSound')}
    </button>
  );
}
