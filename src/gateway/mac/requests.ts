/**
 * Which requests bring a device from the link settings it has to those the network wants.
 *
 * Order matters, since a device obeys command by command: dwell time first, for data rates depend on it; then the receive
 * windows; then LinkADRReq, before NewChannelReq, because a new channel turns itself on and a mask behind it would have
 * to name a channel that the device may refuse.
 */
import type { MacVersion } from '../../model/lorawan.ts';
import { isAtLeast } from '../lorawan/version.ts';
import { channelNumbers } from '../region/channels.ts';
import { maskAsItIs, masksToReach } from '../region/mask.ts';
import { maxEirpIndex } from '../region/power.ts';
import type { Region } from '../region/region.ts';
import { AS_IT_IS } from './answer.ts';
import { isGivenUp, isSilent } from './attempt.ts';
import type { LinkAdrReq, Request } from './command.ts';
import { knownChannels, type LinkState, type WantedLink } from './link.ts';

/** What ADR decided; see adr/decide.ts. */
export interface AdrSettings {
  readonly dataRate: number;
  readonly txPowerIndex: number;
  readonly nbTrans: number;
}

export interface RequestContext {
  readonly region: Region;
  readonly version: MacVersion;
  readonly wanted: WantedLink;
  readonly link: LinkState;
  /** null: leave data rate, power and repetitions as they are (ADR off, or the device's ADR bit not set). */
  readonly adr: AdrSettings | null;
  /** Ask for battery and margin. */
  readonly devStatus: boolean;
}

export interface NeededRequests {
  /** In the order to send them; those that a device keeps refusing are left out. */
  readonly commands: readonly Request[];
  /** Whether they are worth a downlink of their own. */
  readonly urgent: boolean;
}

/** A few at a time: each takes 5 or 6 of the 15 bytes of FOpts. */
const MAX_CHANNELS_AT_ONCE = 3;

/** See the head of the file. */
export function neededRequests(context: RequestContext): NeededRequests {
  const { link } = context;
  const all: Request[] = [
    ...txParams(context),
    ...rxParams(context),
    ...rxTiming(context),
    ...dutyCycle(context),
    ...linkAdr(context),
    ...newChannels(context),
    ...dlChannels(context),
    ...(context.devStatus ? [{ kind: 'DevStatusReq' } as const] : []),
  ];
  const commands = all.filter((request) => !isGivenUp(link, request));
  return { commands, urgent: commands.some((request) => !isSilent(link, request)) };
}

function txParams({ region, version, wanted, link }: RequestContext): Request[] {
  if (region.txParamSetupFrom === null || !isAtLeast(version, region.txParamSetupFrom)) return [];
  const index = maxEirpIndex(wanted.maxEirp);
  const { uplink, downlink } = wanted.dwell;
  if (link.maxEirpIndex === index && link.dwell.uplink === uplink && link.dwell.downlink === downlink)
    return [];
  return [{ kind: 'TxParamSetupReq', downlinkDwell: downlink, uplinkDwell: uplink, maxEirpIndex: index }];
}

function rxParams({ wanted, link }: RequestContext): Request[] {
  const { rx1Offset, rx2 } = wanted;
  const same =
    link.rx1Offset === rx1Offset &&
    link.rx2.frequency === rx2.frequency &&
    link.rx2.dataRate === rx2.dataRate;
  if (same) return [];
  return [{ kind: 'RXParamSetupReq', rx1Offset, rx2DataRate: rx2.dataRate, frequency: rx2.frequency }];
}

function rxTiming({ wanted, link }: RequestContext): Request[] {
  if (link.rx1DelayS === wanted.rx1DelayS) return [];
  return [{ kind: 'RXTimingSetupReq', delayS: wanted.rx1DelayS }];
}

function dutyCycle({ wanted, link }: RequestContext): Request[] {
  if (link.dutyCycleExponent === wanted.dutyCycleExponent) return [];
  return [{ kind: 'DutyCycleReq', exponent: wanted.dutyCycleExponent }];
}

/** Channel masks and ADR in one block; data rate, power and repetitions of its last command are the ones that count. */
function linkAdr({ region, version, wanted, link, adr }: RequestContext): LinkAdrReq[] {
  const known = channelNumbers(knownChannels(region, link));
  const enabled = known.filter((channel) => wanted.enabled.includes(channel));
  // A network that wants none of the channels a device knows must first teach it others.
  const target = enabled.length > 0 ? enabled : link.enabled;
  const masks = masksToReach(region, link.enabled, target);
  const changed =
    adr !== null &&
    (adr.dataRate !== link.dataRate ||
      adr.txPowerIndex !== link.txPowerIndex ||
      adr.nbTrans !== link.nbTrans);
  if (masks.length === 0 && !changed) return [];
  const settings = adr ?? unchanged(link, version);
  const blocks = masks.length > 0 ? masks : [maskAsItIs(link.enabled)];
  return blocks.map((mask) => ({ kind: 'LinkADRReq', ...mask, ...settings }));
}

function unchanged(link: LinkState, version: MacVersion): AdrSettings {
  if (isAtLeast(version, '1.0.4'))
    return { dataRate: AS_IT_IS, txPowerIndex: AS_IT_IS, nbTrans: link.nbTrans };
  return { dataRate: link.dataRate, txPowerIndex: link.txPowerIndex, nbTrans: link.nbTrans };
}

function newChannels({ region, wanted, link }: RequestContext): Request[] {
  if (region.plan.kind === 'fixed') return [];
  const known = knownChannels(region, link);
  const missing = Object.entries(wanted.channels).filter(([number, channel]) => {
    const has = known[Number(number)];
    return (
      has?.frequency !== channel.frequency ||
      has.minDataRate !== channel.minDataRate ||
      has.maxDataRate !== channel.maxDataRate
    );
  });
  const requests = missing.map(
    ([number, channel]): Request => ({ kind: 'NewChannelReq', index: Number(number), ...channel }),
  );
  return requests.filter((request) => !isGivenUp(link, request)).slice(0, MAX_CHANNELS_AT_ONCE);
}

/** Only for channels that the device knows as the network does: else the new channel comes first. */
function dlChannels({ region, version, wanted, link }: RequestContext): Request[] {
  if (region.plan.kind === 'fixed' || !isAtLeast(version, '1.0.2')) return [];
  const requests = Object.entries(knownChannels(region, link)).flatMap(([number, channel]): Request[] => {
    const index = Number(number);
    const standard = wanted.channels[index];
    if (standard?.frequency !== channel.frequency) return [];
    const has = link.downlinkFrequencies[index] ?? channel.frequency;
    const frequency = wanted.downlinkFrequencies[index] ?? channel.frequency;
    return has === frequency ? [] : [{ kind: 'DlChannelReq', index, frequency }];
  });
  return requests.filter((request) => !isGivenUp(link, request)).slice(0, MAX_CHANNELS_AT_ONCE);
}
