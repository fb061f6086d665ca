/** What a running box says of devices that are silent, as findings for the doctor. */
import * as z from 'zod/mini';
import { cut, oneLine } from '../model/text.ts';
import type { Finding } from './install/checks.ts';

const said = z.object({
  key: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
});

const page = z.object({
  items: z.array(
    z.object({
      devEui: z.string(),
      name: z.string(),
      text: z.string(),
      advice: z.optional(z.string()),
      said: z.optional(z.array(said)),
      todo: z.optional(z.string()),
    }),
  ),
  nextCursor: z.optional(z.string()),
});

/** Told one by one; of more, only how many. */
const MAX_TOLD = 8;
/** What is asked for: enough to tell that there are more. */
export const SILENT_DEVICES_PATH = '/api/v1/devices/silent?limit=100';
const MAX_TEXT = 1_000;

/** `json` is the answer to SILENT_DEVICES_PATH; undefined, or that of another version, tells nothing. */
export function silentFindings(json: unknown): Finding[] {
  const read = z.safeParse(page, json);
  if (!read.success) return [];
  const { items, nextCursor } = read.data;
  const told = items
    .slice(0, MAX_TOLD)
    .map(({ devEui, name, text, advice, said: pieces = [], todo }): Finding => {
      const hint = advice === undefined ? {} : { hint: cut(oneLine(advice), MAX_TEXT) };
      const device = `${cut(oneLine(name), 100)} (${cut(devEui, 16)})`;
      const words = `${device}: ${cut(oneLine(text), MAX_TEXT)}`;
      const last = pieces.length - 1;
      const verdict = pieces.map((piece, n) =>
        n === last && todo !== undefined ? { ...piece, todo } : piece,
      );
      return { what: 'device', level: 'warning', text: words, ...hint, device, said: verdict };
    });
  const rest = items.length - told.length;
  if (rest === 0) return told;
  const amount = nextCursor === undefined ? `${rest} more` : `more than ${rest} more`;
  return [
    ...told,
    { what: 'devices', level: 'warning', text: `${amount} are silent`, hint: 'webscada-edge devices why' },
  ];
}
