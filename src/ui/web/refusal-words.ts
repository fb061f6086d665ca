/** Why a frame was refused, in plain words; a reason without words of its own is told by its name. Pure. */
import { hasText, t } from './texts.ts';

export function refusalWords(reason: string): string {
  const key = `reason.${reason}`;
  return hasText(key) ? t(key) : reason.replaceAll('_', ' ');
}
