/**
 * 2 000 devices and 100 readings a second, for ten minutes on the list of devices, for three on a processor four times slower, and
 * a week of readings on a wall screen: frames, and a heap that stays as it is. `WSE_PROOF_MINUTES=1` for a short look.
 */
import { measurePage, type PageLoad, pageWords } from '../bench/pages.ts';
import type { Proof } from './proof.ts';

const MINUTES = Number(process.env.WSE_PROOF_MINUTES ?? '10');
const MOST_GROWTH_MB = 1.5;
const LIST: PageLoad = { devices: 2_000, rate: 100, seconds: 60 * MINUTES, slow: 1, hash: '#/devices' };
/** 50 devices, one reading in ten minutes each, a week: 50 400 readings, at 300 a second. */
const WEEK: PageLoad = { devices: 50, rate: 300, seconds: 168, slow: 1, hash: '#/wall' };

export async function load(proof: Proof): Promise<void> {
  await measured(proof, LIST, 50);
  await measured(proof, { ...LIST, slow: 4, seconds: Math.min(180, LIST.seconds) }, 25);
  await measured(proof, MINUTES < 10 ? { ...WEEK, seconds: 20 * MINUTES } : WEEK, 0);
}

/**
 * Frames are told as they are; on a machine that others use as well they may be few although the page has time left, so that one
 * of two must hold: the frames, or the page's own thread idle for half of the time and nine tenths of a quiet page's frames.
 */
async function measured(proof: Proof, of: PageLoad, leastFrames: number): Promise<void> {
  const figures = await measurePage(of);
  for (const line of pageWords(of, figures)) proof.say(line);
  const { busy, quiet, busyShare, heapBefore, heapAfter } = figures;
  const isIdle = busyShare < 0.5 && busy.perSecond >= 0.9 * quiet.perSecond;
  if (busy.perSecond < leastFrames && isIdle)
    proof.say(`the machine is what bounds the frames: ${busy.perSecond.toFixed(1)}/s`);
  else proof.atLeast('frames a second', busy.perSecond, leastFrames);
  proof.atMost('growth of the heap', (heapAfter - heapBefore) / 1e6, MOST_GROWTH_MB, 'MB');
}
