/** Names of data rates as the Semtech packet forwarder spells them. */

export type Modulation =
  | { readonly kind: 'lora'; readonly spreadingFactor: number /** Hertz. */; readonly bandwidth: number }
  | { readonly kind: 'fsk' /** Bit/s. */; readonly bitrate: number }
  | {
      readonly kind: 'lr_fhss';
      /** Hertz. */
      readonly operatingChannelWidth: number;
      /** '1/3', '2/3', … */
      readonly codeRate: string;
    };

/** 'SF7BW125', 'FSK50000' or 'LRFHSS137CR1/3'; widths in whole kHz, so 812.5 kHz is 'BW812'. */
export function dataRateName(modulation: Modulation): string {
  switch (modulation.kind) {
    case 'lora':
      return `SF${modulation.spreadingFactor}BW${Math.trunc(modulation.bandwidth / 1000)}`;
    case 'fsk':
      return `FSK${modulation.bitrate}`;
    case 'lr_fhss':
      return `LRFHSS${Math.trunc(modulation.operatingChannelWidth / 1000)}CR${modulation.codeRate}`;
  }
}
