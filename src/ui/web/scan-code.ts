/** Reads QR codes out of a camera or a photo, in the browser; loaded when somebody wants to scan. */
import { decodeQR } from 'qr/decode.js';

/** Larger pictures are read smaller: the decoder's time grows with the pixels, and a label fills a part of it at least. */
const MAX_SIDE = 1_400;
/** A photo of more is not opened. */
const MAX_FILE_BYTES = 40 * 1024 * 1024;
const LOOK_EVERY_MS = 200;

export type ScanFault = 'no_code' | 'no_picture' | 'too_large' | 'no_camera';

/** What the code in a photo says. */
export async function readPhoto(
  file: File,
): Promise<{ readonly text: string } | { readonly fault: ScanFault }> {
  if (file.size > MAX_FILE_BYTES) return { fault: 'too_large' };
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return { fault: 'no_picture' };
  try {
    const sides = [MAX_SIDE, MAX_SIDE / 2, MAX_SIDE / 4];
    for (const side of sides) {
      const text = readPicture(picture, picture.width, picture.height, side);
      if (text !== undefined) return { text };
    }
    return { fault: 'no_code' };
  } finally {
    picture.close();
  }
}

/** Looks through the camera until there is a code, a fault, or `signal` ends it. The picture is shown in `video`. */
export async function readCamera(
  video: HTMLVideoElement,
  signal: AbortSignal,
): Promise<{ readonly text: string } | { readonly fault: ScanFault } | undefined> {
  const wanted = { video: { facingMode: 'environment', width: { ideal: 1_280 } } };
  const stream = await navigator.mediaDevices.getUserMedia(wanted).catch(() => undefined);
  if (!stream) return { fault: 'no_camera' };
  try {
    video.srcObject = stream;
    await video.play().catch(() => {});
    while (!signal.aborted) {
      const text = readPicture(video, video.videoWidth, video.videoHeight, MAX_SIDE / 2);
      if (text !== undefined) return { text };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return undefined;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}

function readPicture(
  source: CanvasImageSource,
  width: number,
  height: number,
  most: number,
): string | undefined {
  if (width === 0 || height === 0) return undefined;
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (!pen) return undefined;
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(pen.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    // It throws where there is none.
    return undefined;
  }
}
