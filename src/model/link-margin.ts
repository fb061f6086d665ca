/** How much of a signal is to spare. Pure; used by the API and the pages. */

/**
 * How far a reception was above what its spreading factor needs, dB of SNR: 10 and more is comfortable, near 0 the next
 * frame may be lost. Undefined where the data rate is none of LoRa's. The floors are those of Semtech's SX1276 data sheet,
 * 2.5 dB a step: −7.5 dB at SF7, −20 dB at SF12.
 */
export function marginDb(snr: number, dataRate: string | undefined): number | undefined {
  const sf = Number(/^SF(\d{1,2})(?!\d)/.exec(dataRate ?? '')?.[1]);
  return sf >= 5 && sf <= 12 ? snr - (10 - 2.5 * sf) : undefined;
}
