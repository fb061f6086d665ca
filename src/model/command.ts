/** What a centre may ask of a site, by name: the settings, the site and the command line speak of the same. */

export const COMMAND_KINDS = [
  'doctor',
  'log-sums',
  'resend',
  'backup',
  'downlink',
  'device-put',
  'device-remove',
  'profile-put',
  'codec-put',
  'settings-put',
  'take-version',
  'alarm-ack',
] as const;
export type CommandKind = (typeof COMMAND_KINDS)[number];

/** `event` of the records of kind 'system' that answer a command. */
export const COMMAND_EVENT = 'command';

/** One answer, in the body of a record. The first is 'accepted', unless the command is refused at once; the last one of the others. */
export interface CommandAnswer {
  readonly event: typeof COMMAND_EVENT;
  /** Of the command, as the centre gave it. */
  readonly id: string;
  /** As the centre wrote it, cut short. */
  readonly command: string;
  readonly state: 'accepted' | 'done' | 'refused';
  /** Why it was refused: one word that stays, and a sentence. */
  readonly code?: string;
  readonly reason?: string;
  readonly result?: unknown;
  readonly by: 'centre';
}
