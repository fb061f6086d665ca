/**
 * What the network makes of a device's MAC commands: answers to its questions, and new link settings where it accepts
 * what it was asked. Pure; an answer to nothing pending changes nothing.
 */
import { applyMasks } from '../region/mask.ts';
import type { Region } from '../region/region.ts';
import { withoutAttempt, withRefusal } from './attempt.ts';
import type { DownlinkCommand, LinkAdrReq, NewChannelReq, Request, UplinkCommand } from './command.ts';
import { gpsTime } from './gps.ts';
import { knownChannels, type LinkState } from './link.ts';

export interface AnswerContext {
  readonly region: Region;
  readonly link: LinkState;
  /** When the uplink's reception ended, epoch milliseconds (UTC). */
  readonly receivedMs: number;
  /** dB of the best gateway's SNR above what the data rate needs; see `requiredSnr`. */
  readonly marginDb: number;
  /** How many gateways heard the uplink. */
  readonly gatewayCount: number;
  /** The uplink's ADR bit: without it a device need accept no more than the channel mask. */
  readonly adr: boolean;
}

/** What a person or a record wants to know of it. */
export type MacEvent =
  | { readonly kind: 'device_status'; readonly battery: number; readonly margin: number }
  | { readonly kind: 'accepted'; readonly request: Request }
  | { readonly kind: 'refused'; readonly request: Request; readonly answer: UplinkCommand }
  | { readonly kind: 'unsolicited'; readonly answer: UplinkCommand };

export interface Answered {
  /** For the downlink, before any request. */
  readonly answers: readonly DownlinkCommand[];
  readonly link: LinkState;
  readonly events: readonly MacEvent[];
  /** Data rate, power or repetitions were accepted that differ from those before: the ADR history begins anew. */
  readonly adrChanged: boolean;
}

/** Goes through the commands of one uplink. */
export function answerCommands(commands: readonly UplinkCommand[], context: AnswerContext): Answered {
  const events: MacEvent[] = [];
  let link = context.link;
  for (const command of commands) {
    if (command.kind === 'DevStatusAns') {
      events.push({ kind: 'device_status', battery: command.battery, margin: command.margin });
    }
  }
  for (const answer of oneOfLinkAdr(commands)) {
    const requests = pendingFor(link, answer);
    const request = requests.at(-1);
    if (!request) {
      if (answer.kind !== 'DevStatusAns') events.push({ kind: 'unsolicited', answer });
      continue;
    }
    link = { ...link, pending: link.pending.filter((pending) => !requests.includes(pending)) };
    const accepted = isAccepted(answer, context.adr);
    if (!accepted) events.push({ kind: 'refused', request, answer });
    else if (request.kind !== 'DevStatusReq') events.push({ kind: 'accepted', request });
    link = accepted
      ? withoutAttempt(settled(link, requests, answer, context.region), request)
      : withRefusal(taught(link, request, answer), request);
  }
  return {
    answers: questionsAnswered(commands, context),
    link,
    events,
    adrChanged: differs(link, context.link),
  };
}

/** Each question is answered once. */
function questionsAnswered(commands: readonly UplinkCommand[], context: AnswerContext): DownlinkCommand[] {
  const asks = (kind: UplinkCommand['kind']) => commands.some((command) => command.kind === kind);
  const answers: DownlinkCommand[] = [];
  if (asks('LinkCheckReq')) {
    const marginDb = Math.min(254, Math.max(0, Math.trunc(context.marginDb)));
    answers.push({ kind: 'LinkCheckAns', marginDb, gatewayCount: Math.min(255, context.gatewayCount) });
  }
  if (asks('DeviceTimeReq')) answers.push({ kind: 'DeviceTimeAns', ...gpsTime(context.receivedMs) });
  return answers;
}

/** The answers, those to a block of LinkADRReq as one: a device may repeat it for each request of the block. */
function oneOfLinkAdr(commands: readonly UplinkCommand[]): UplinkCommand[] {
  const answers = commands.filter(({ kind }) => kind.endsWith('Ans'));
  const linkAdr = answers.filter((answer) => answer.kind === 'LinkADRAns');
  const first = linkAdr[0];
  if (!first) return answers;
  const joint: UplinkCommand = {
    kind: 'LinkADRAns',
    powerOk: linkAdr.every((answer) => answer.powerOk),
    dataRateOk: linkAdr.every((answer) => answer.dataRateOk),
    channelMaskOk: linkAdr.every((answer) => answer.channelMaskOk),
  };
  return answers
    .filter((answer) => answer.kind !== 'LinkADRAns' || answer === first)
    .map((answer) => (answer === first ? joint : answer));
}

/** The pending requests an answer is for: all of a LinkADRReq block, else the first of its kind. */
function pendingFor(link: LinkState, answer: UplinkCommand): Request[] {
  const kind = answer.kind.replace('Ans', 'Req');
  const all = link.pending.filter((request) => request.kind === kind);
  return answer.kind === 'LinkADRAns' ? all : all.slice(0, 1);
}

function isAccepted(answer: UplinkCommand, adr: boolean): boolean {
  switch (answer.kind) {
    case 'LinkADRAns':
      return answer.channelMaskOk && (!adr || (answer.powerOk && answer.dataRateOk));
    case 'RXParamSetupAns':
      return answer.rx1OffsetOk && answer.rx2DataRateOk && answer.channelOk;
    case 'NewChannelAns':
      return answer.dataRatesOk && answer.frequencyOk;
    case 'DlChannelAns':
      return answer.channelExists && answer.frequencyOk;
    default:
      return true;
  }
}

/** The settings after a device has accepted. */
function settled(
  link: LinkState,
  requests: readonly Request[],
  answer: UplinkCommand,
  region: Region,
): LinkState {
  const request = requests.at(-1);
  switch (request?.kind) {
    case 'LinkADRReq':
      return withLinkAdr(link, requests.filter(isLinkAdr), answer, region);
    case 'RXParamSetupReq': {
      const rx2 = { frequency: request.frequency, dataRate: request.rx2DataRate };
      return { ...link, rx1Offset: request.rx1Offset, rx2 };
    }
    case 'RXTimingSetupReq':
      return { ...link, rx1DelayS: request.delayS };
    case 'TxParamSetupReq': {
      const dwell = { uplink: request.uplinkDwell, downlink: request.downlinkDwell };
      return { ...link, dwell, maxEirpIndex: request.maxEirpIndex };
    }
    case 'DutyCycleReq':
      return { ...link, dutyCycleExponent: request.exponent };
    case 'NewChannelReq':
      return withChannel(link, request);
    case 'DlChannelReq':
      return {
        ...link,
        downlinkFrequencies: { ...link.downlinkFrequencies, [request.index]: request.frequency },
      };
    default:
      return link;
  }
}

function withLinkAdr(
  link: LinkState,
  requests: readonly LinkAdrReq[],
  answer: UplinkCommand,
  region: Region,
): LinkState {
  const last = requests.at(-1);
  if (!last || answer.kind !== 'LinkADRAns') return link;
  const known = Object.keys(knownChannels(region, link)).map(Number);
  const keep = (value: number, ok: boolean, before: number) => (ok && value !== AS_IT_IS ? value : before);
  return {
    ...link,
    enabled: applyMasks(region, link.enabled, requests, known),
    dataRate: keep(last.dataRate, answer.dataRateOk, link.dataRate),
    txPowerIndex: keep(last.txPowerIndex, answer.powerOk, link.txPowerIndex),
    nbTrans: Math.max(1, last.nbTrans),
  };
}

/** The value of data rate and power that asks for no change (1.0.4). */
export const AS_IT_IS = 15;

/** A device turns a new channel on by itself, and listens after it on its own frequency. */
function withChannel(
  link: LinkState,
  { index, frequency, minDataRate, maxDataRate }: NewChannelReq,
): LinkState {
  const { [index]: _channel, ...extraChannels } = link.extraChannels;
  const { [index]: _frequency, ...downlinkFrequencies } = link.downlinkFrequencies;
  const others = link.enabled.filter((channel) => channel !== index);
  if (frequency === 0) return { ...link, extraChannels, downlinkFrequencies, enabled: others };
  return {
    ...link,
    extraChannels: { ...extraChannels, [index]: { frequency, minDataRate, maxDataRate } },
    downlinkFrequencies,
    enabled: [...others, index].sort((a, b) => a - b),
  };
}

/**
 * What a refusal of LinkADRReq tells. Some devices do not know all powers: then the next lower index is the highest, and
 * one that refuses index 0 (RN2483 does) starts at 1.
 */
function taught(link: LinkState, request: Request, answer: UplinkCommand): LinkState {
  if (request.kind !== 'LinkADRReq' || answer.kind !== 'LinkADRAns' || answer.powerOk) return link;
  if (request.txPowerIndex === AS_IT_IS) return link;
  if (request.txPowerIndex === 0)
    return { ...link, minTxPowerIndex: 1, txPowerIndex: Math.max(1, link.txPowerIndex) };
  return { ...link, maxTxPowerIndex: Math.max(link.minTxPowerIndex, request.txPowerIndex - 1) };
}

function isLinkAdr(request: Request): request is LinkAdrReq {
  return request.kind === 'LinkADRReq';
}

function differs(a: LinkState, b: LinkState): boolean {
  return a.dataRate !== b.dataRate || a.txPowerIndex !== b.txPowerIndex || a.nbTrans !== b.nbTrans;
}
