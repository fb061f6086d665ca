/** How a LoRaWAN device for tests obeys MAC commands: what becomes of its link, and what it answers with its next frame. */
import type { DownlinkCommand, LinkAdrReq, UplinkCommand } from '../../src/gateway/mac/command.ts';
import { knownChannels, type LinkState } from '../../src/gateway/mac/link.ts';
import { channelNumbers } from '../../src/gateway/region/channels.ts';
import { applyMasks } from '../../src/gateway/region/mask.ts';
import { dataRateAt } from '../../src/gateway/region/rates.ts';
import type { Region } from '../../src/gateway/region/region.ts';

export interface Obeyed {
  readonly link: LinkState;
  readonly answers: readonly UplinkCommand[];
}

/** Obeys the commands of one downlink, in their order; all LinkADRReq of it are one block. */
export function obey(region: Region, link: LinkState, commands: readonly DownlinkCommand[]): Obeyed {
  const block = commands.filter((command): command is LinkAdrReq => command.kind === 'LinkADRReq');
  const answers: UplinkCommand[] = [];
  let current = link;
  for (const command of commands) {
    if (command.kind === 'LinkADRReq' && command !== block[0]) continue;
    const obeyed =
      command.kind === 'LinkADRReq' ? obeyLinkAdr(region, current, block) : obeyOne(current, command);
    current = obeyed.link;
    answers.push(...obeyed.answers);
  }
  return { link: current, answers };
}

function obeyLinkAdr(region: Region, link: LinkState, block: readonly LinkAdrReq[]): Obeyed {
  const request = block.at(-1);
  if (!request) return { link, answers: [] };
  const known = channelNumbers(knownChannels(region, link));
  const enabled = applyMasks(region, link.enabled, block, known);
  const dataRateOk = request.dataRate === 15 || dataRateAt(region, request.dataRate, 'up') !== undefined;
  const powerOk = request.txPowerIndex === 15 || request.txPowerIndex <= region.maxTxPowerIndex;
  const channelMaskOk = enabled.length > 0;
  const answers = block.map(() => ({ kind: 'LinkADRAns' as const, powerOk, dataRateOk, channelMaskOk }));
  if (!dataRateOk || !powerOk || !channelMaskOk) return { link, answers };
  const dataRate = request.dataRate === 15 ? link.dataRate : request.dataRate;
  const txPowerIndex = request.txPowerIndex === 15 ? link.txPowerIndex : request.txPowerIndex;
  const nbTrans = Math.max(1, request.nbTrans);
  return { link: { ...link, enabled, dataRate, txPowerIndex, nbTrans }, answers };
}

function obeyOne(link: LinkState, command: Exclude<DownlinkCommand, LinkAdrReq>): Obeyed {
  switch (command.kind) {
    case 'DevStatusReq':
      return { link, answers: [{ kind: 'DevStatusAns', battery: 127, margin: 7 }] };
    case 'DutyCycleReq':
      return { link, answers: [{ kind: 'DutyCycleAns' }] };
    case 'RXParamSetupReq': {
      const rx2 = { frequency: command.frequency, dataRate: command.rx2DataRate };
      return {
        link: { ...link, rx1Offset: command.rx1Offset, rx2 },
        answers: [{ kind: 'RXParamSetupAns', rx1OffsetOk: true, rx2DataRateOk: true, channelOk: true }],
      };
    }
    case 'RXTimingSetupReq':
      return { link: { ...link, rx1DelayS: command.delayS }, answers: [{ kind: 'RXTimingSetupAns' }] };
    case 'TxParamSetupReq': {
      const dwell = { uplink: command.uplinkDwell, downlink: command.downlinkDwell };
      return {
        link: { ...link, dwell, maxEirpIndex: command.maxEirpIndex },
        answers: [{ kind: 'TxParamSetupAns' }],
      };
    }
    case 'NewChannelReq': {
      const { index, frequency, minDataRate, maxDataRate } = command;
      const extraChannels = { ...link.extraChannels, [index]: { frequency, minDataRate, maxDataRate } };
      const enabled = [...new Set([...link.enabled, index])].sort((a, b) => a - b);
      return {
        link: { ...link, extraChannels, enabled },
        answers: [{ kind: 'NewChannelAns', dataRatesOk: true, frequencyOk: true }],
      };
    }
    case 'DlChannelReq':
      return { link, answers: [{ kind: 'DlChannelAns', channelExists: true, frequencyOk: true }] };
    default:
      return { link, answers: [] };
  }
}
