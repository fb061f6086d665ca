/**
 * What a verdict on a silent device says, by key; '{name}' is filled in. The pages have the same keys in each of their
 * languages. Pure.
 */

type Text = string | { readonly one: string; readonly other: string };

/** How a value is told: its name says what it is. */
export interface SaidValues {
  /** Picks the plural. */
  readonly count?: number;
  /** How often something came. */
  readonly times?: number;
  /** How long ago, milliseconds. */
  readonly ago?: number;
  /** How long, milliseconds. */
  readonly every?: number;
  /** dB. */
  readonly margin?: number;
  readonly before?: number;
  readonly percent?: number;
  readonly reason?: string;
  readonly gateway?: string;
  readonly devEui?: string;
  /** What a part of the box says of itself. */
  readonly trouble?: string;
}

export interface Said {
  readonly key: SilenceKey;
  readonly values: SaidValues;
}

export const SILENCE_TEXTS = {
  'silence.noKey.knocked': 'its AppKey is missing: it knocked {times}, last {ago}',
  'silence.noKey': 'its AppKey is missing, so it cannot be let in',
  'silence.refused.join_wrong_mic': 'its AppKey does not fit: it knocked {times}, last {ago}',
  'silence.refused.join_wrong_join_eui':
    'it asks with another JoinEUI than the one entered: it knocked {times}, last {ago}',
  'silence.refused.join_not_served':
    'it knocked {times}, but nothing is sent from here in its region, last {ago}',
  'silence.refused.join_nonces_used_up': 'it has joined too often: it knocked {times}, last {ago}',
  'silence.refused.join_dev_nonce_used':
    'it knocked {times} with a number (DevNonce) it has used before, last {ago}',
  'silence.refused.join_dev_nonce_not_greater':
    'it knocked {times}, and its number (DevNonce) does not go on from the last one, last {ago}',
  'silence.refused.join_too_late': 'it knocked {times}, but each came too late to be answered, last {ago}',
  'silence.refused.join_duty_cycle':
    'it knocked {times}, but no gateway may send so soon (duty cycle), last {ago}',
  'silence.refused.join_no_gateway': 'it knocked {times}, but no gateway can answer it, last {ago}',
  'silence.refused.wrong_mic': {
    one: 'its session keys do not fit: {count} frame under its address, last {ago}',
    other: 'its session keys do not fit: {count} frames under its address, last {ago}',
  },
  'silence.refused.replay': {
    one: 'its counter went backwards: {count} frame, last {ago}',
    other: 'its counter went backwards: {count} frames, last {ago}',
  },
  'silence.refused.otherJoin': 'refused ({reason}): {times}, last {ago}',
  'silence.refused.otherFrame': {
    one: 'refused ({reason}): {count} frame, last {ago}',
    other: 'refused ({reason}): {count} frames, last {ago}',
  },
  'silence.joinsOnly': 'it was let in {times}, last {ago}, and sent no value since',
  'silence.joined': 'it joined {ago}',
  'silence.joinedSilent': 'joined {ago} and sent no value since',
  'silence.broker': 'no gateway can be heard: {trouble}',
  'silence.noGateway.never': 'no gateway was heard since the box started {ago}',
  'silence.noGateway.offline': { one: 'the gateway is offline', other: 'all {count} gateways are offline' },
  'silence.noGateway.offlineSince': {
    one: 'the gateway is offline, last sign {ago}',
    other: 'all {count} gateways are offline, last sign {ago}',
  },
  'silence.lookalike.typo': 'never heard, but {devEui} asks to join, almost this DevEUI',
  'silence.lookalike.reversed': 'never heard, but {devEui} asks to join, this DevEUI read backwards',
  'silence.gatewayOffline': {
    one: 'its gateway {gateway} is offline, last sign {ago}',
    other: 'the {count} gateways that heard it are offline, last sign {ago}',
  },
  'silence.gatewayOffline.never': {
    one: 'its gateway {gateway} is not heard since the box started',
    other: 'the {count} gateways that heard it are not heard since the box started',
  },
  'silence.boxStarted': 'the box started {ago}, too short a time to tell',
  'silence.battery': 'it last said that its battery has {percent} %',
  'silence.falling': 'its signal fell from {before} to {margin} dB over the floor before',
  'silence.neverHeard.join': {
    one: 'never heard: no join request of it came since the box started {ago}, with {count} gateway online',
    other:
      'never heard: no join request of it came since the box started {ago}, with {count} gateways online',
  },
  'silence.neverHeard.frame': {
    one: 'never heard: no frame of it came since the box started {ago}, with {count} gateway online',
    other: 'never heard: no frame of it came since the box started {ago}, with {count} gateways online',
  },
  'silence.never': 'never heard',
  'silence.last': 'last heard {ago}',
  'silence.last.over': 'last heard {ago} at {margin} dB over the floor',
  'silence.last.below': 'last heard {ago} at {margin} dB below the floor',
  'silence.usually': 'usually every {every}',
  'silence.expected': 'expected every {every}',
  'silence.gateways.online': { one: '{count} gateway is online', other: '{count} gateways are online' },
  'silence.gateways.own': { one: 'its gateway is online', other: '{count} of its gateways are online' },
  'silence.gateways.hear': {
    one: 'its gateway heard other devices {ago}',
    other: '{count} of its gateways heard other devices {ago}',
  },
  'silence.todo.no_key': 'Enter its AppKey: the maker supplies it, no code has it.',
  'silence.todo.join_wrong_mic': 'Enter the AppKey its maker gave for it.',
  'silence.todo.join_wrong_join_eui': 'Enter the JoinEUI (AppEUI) it has.',
  'silence.todo.join_not_served': 'Look at its profile’s region, and whether the site may transmit there.',
  'silence.todo.join_nonces_used_up': 'Remove it and add it again.',
  'silence.todo.join_dev_nonce_used': 'If it was reset or exchanged, remove it and add it again.',
  'silence.todo.join_dev_nonce_not_greater': 'If it was reset or exchanged, remove it and add it again.',
  'silence.todo.join_too_late': 'The line between gateway and box is too slow: look at it.',
  'silence.todo.join_duty_cycle': 'It will be answered later; if not, too much is being sent.',
  'silence.todo.join_no_gateway': 'Look whether its gateway takes downlinks.',
  'silence.todo.wrong_mic':
    'Enter its keys anew, or have it join again. Another device may have the same address.',
  'silence.todo.replay':
    'It was restarted or somebody repeats its frames. Have it join again, or allow counter resets in its profile.',
  'silence.todo.joins_only':
    'It may not hear the answer: bring it or an antenna nearer, and look at the gateway’s transmitter.',
  'silence.todo.weak': 'It is heard, but only just: a better place or antenna helps.',
  'silence.todo.broker': 'See to the MQTT broker first.',
  'silence.todo.no_gateway': 'See to the gateways first.',
  'silence.todo.lookalike': 'Compare the DevEUI with the one on the device.',
  'silence.todo.gateway_offline': 'See to the gateway first.',
  'silence.todo.box_started': 'Wait for its next frame.',
  'silence.todo.battery': 'Change its battery.',
  'silence.todo.weak_signal': 'Its frames may not arrive any more: a better place or antenna helps.',
  'silence.todo.falling_signal':
    'Something came between it and the gateway, or its antenna or battery gives in.',
  'silence.todo.never_heard':
    'Switch it on or have it join, near the gateway, and compare the DevEUI with the one on the device.',
  'silence.todo.unexplained':
    'Nothing seen here explains it: look at the device itself, its power and its place.',
} as const satisfies Readonly<Record<string, Text>>;

export type SilenceKey = keyof typeof SILENCE_TEXTS;

export function isSilenceKey(key: string): key is SilenceKey {
  return Object.hasOwn(SILENCE_TEXTS, key);
}

/** One sentence without a full stop, in English. */
export function sentenceOf(said: readonly Said[]): string {
  return said.map(englishOf).join('; ');
}

function englishOf({ key, values }: Said): string {
  const entry: Text = SILENCE_TEXTS[key];
  const text = typeof entry === 'string' ? entry : entry[values.count === 1 ? 'one' : 'other'];
  const words: Readonly<Record<string, string | undefined>> = {
    count: String(values.count),
    times: values.times === 1 ? 'once' : `${values.times} times`,
    ago: `${durationWords(values.ago ?? 0)} ago`,
    every: durationWords(values.every ?? 0),
    margin: decibel(values.margin),
    before: decibel(values.before),
    percent: String(values.percent),
    reason: values.reason?.replaceAll('_', ' '),
    gateway: values.gateway,
    devEui: values.devEui,
    trouble: values.trouble,
  };
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => words[name] ?? whole);
}

function decibel(value = 0): string {
  return String(Math.round(value * 10) / 10);
}

/** '12 s', '8 min', '3 h', '2 days' */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
