/** A span of time as people write it on the command line: 90s, 30m, 4h, 2d. */

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; undefined for what is no span, or none at all. */
export function spanMsOf(text: string | undefined): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text ?? '') ?? [];
  const spanMs = Number(digits) * (UNIT_MS[unit] ?? 0);
  return spanMs > 0 ? spanMs : undefined;
}
