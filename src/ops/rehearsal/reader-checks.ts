/** What the readers of the log prove after a rehearsal: that their accounts hold, and that nothing was given up. Pure. */
import type { ReaderMark, RehearsalCheck } from '../../model/rehearsal.ts';

/** Of each reader, as it stood before and stands now. */
export function readerChecks(
  before: readonly ReaderMark[],
  now: readonly ReaderMark[],
  markSeq: number,
): RehearsalCheck[] {
  return now.map((reader) => {
    const earlier = before.find(({ name }) => name === reader.name);
    return readerCheck(earlier ?? { ...reader, expired: 0, quarantined: 0 }, reader, markSeq);
  });
}

function readerCheck(before: ReaderMark, now: ReaderMark, markSeq: number): RehearsalCheck {
  const what = `delivered to ${now.name}`;
  const { accepted, delivered, pending, quarantined, expired, seq } = now;
  if (accepted !== delivered + pending + quarantined + expired) {
    return {
      what,
      outcome: 'failed',
      text: `the account does not hold: ${accepted} accepted, ${delivered} delivered, ${pending} pending, ${quarantined} in quarantine, ${expired} expired`,
    };
  }
  const lost = expired - before.expired;
  if (lost > 0)
    return {
      what,
      outcome: 'failed',
      text: `${lost} records were given up for want of room before they were delivered`,
    };
  if (seq < markSeq)
    return {
      what,
      outcome: 'unproved',
      text: `it is at ${seq} and not at ${markSeq} yet: ${pending} records wait`,
    };
  const aside = quarantined - before.quarantined;
  if (aside > 0)
    return {
      what,
      outcome: 'unproved',
      text: `all up to ${seq}, ${aside} of them in quarantine: look there`,
    };
  return { what, outcome: 'proved', text: `all up to ${seq}; the account holds, nothing was given up` };
}
