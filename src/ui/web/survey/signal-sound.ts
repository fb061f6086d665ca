/** What a frame sounds and feels like, for who looks where they walk and not at the phone. */
import { gradeOf, pitchOf } from './margins.ts';

const BEEP_S = 0.12;
const PULSE_MS = 80;
const PAUSE_MS = 70;
const PULSES = { ample: 4, good: 3, weak: 2, lost: 1 } as const;

let sound: AudioContext | undefined;

/** Browsers let a page make a noise only after somebody has touched it: to be called then. */
export async function allowSound(): Promise<void> {
  sound ??= new AudioContext();
  await sound.resume();
}

export function isAllowed(): boolean {
  return sound?.state === 'running';
}

/** The higher the better. */
export function beep(margin: number): void {
  tone(pitchOf(margin));
}

/** Nothing where the browser allows none. */
export function tone(hertz: number): void {
  if (sound?.state !== 'running') return;
  const { currentTime, destination } = sound;
  const wave = sound.createOscillator();
  const loudness = sound.createGain();
  wave.frequency.value = hertz;
  loudness.gain.setValueAtTime(0.3, currentTime);
  loudness.gain.exponentialRampToValueAtTime(0.001, currentTime + BEEP_S);
  wave.connect(loudness).connect(destination);
  wave.start();
  wave.stop(currentTime + BEEP_S);
}

export function canVibrate(): boolean {
  return typeof navigator.vibrate === 'function';
}

/** The more the better, one to four. */
export function vibrate(margin: number): void {
  if (!canVibrate()) return;
  const pulses = Array.from({ length: PULSES[gradeOf(margin)] }, () => [PULSE_MS, PAUSE_MS]);
  navigator.vibrate(pulses.flat());
}
