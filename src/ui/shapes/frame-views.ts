/** From frames of the model to what the API shows of them. Pure. */
import { type FrameDetail, type FrameSummary, SPECIFICATION } from '../../model/frame.ts';
import { marginDb } from '../../model/link-margin.ts';
import type { FrameDetailView, FrameView } from './frames.ts';
import { iso } from './part-views.ts';
import { recordId } from './position.ts';

export function frameView(run: number, summary: FrameSummary): FrameView {
  const { number, revision: _, timeMs, isOurs, phyPayload, receptions, sending, maybeOf, ...rest } = summary;
  const [best] = receptions;
  const margin = best && marginDb(best.snr, summary.dataRate);
  return {
    id: recordId(run, number),
    time: iso(timeMs),
    ours: isOurs,
    ...rest,
    ...(maybeOf ? { maybeOf: [...maybeOf] } : {}),
    bytes: phyPayload.length,
    ...(margin === undefined ? {} : { marginDb: margin }),
    receptions: receptions.map((reception) => ({ ...reception })),
    ...(sending
      ? { sending: { ...sending, windows: sending.windows.map((window) => ({ ...window })) } }
      : {}),
  };
}

export function frameDetailView(run: number, { summary, parts, isEncrypted }: FrameDetail): FrameDetailView {
  return {
    ...frameView(run, summary),
    phyPayload: hexOf(summary.phyPayload),
    specification: SPECIFICATION,
    encrypted: isEncrypted,
    parts: parts.map((part) => ({ ...part, fields: part.fields.map((field) => ({ ...field })) })),
  };
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
