/** Times as they are written for people outside the pages: in the terminal, on printed reports. Pure. */

/** Times as '2026-11-27 14:03:07' in `zone`, or in UTC where this machine does not know it; `zone` is which of them. */
export function clockOf(zone: string | undefined): { clock: (timeMs: number) => string; zone: string } {
  const known = isZone(zone) ? zone : 'UTC';
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: known, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  const clock = (timeMs: number): string => {
    if (!Number.isFinite(timeMs)) return '?'.padEnd(19);
    const part = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
  };
  return { clock, zone: known };
}

function isZone(zone: string | undefined): zone is string {
  try {
    return zone !== undefined && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}
