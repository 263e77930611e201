// A frame of a running picture as an image, at the picture's own size.

import { serverNow } from "./now";
import { Problem } from "./problem";

/** As the server takes them. */
const FRAME_MAX_BYTES = 8 * 1024 * 1024;
/** The next one only for a picture that is too large with the one before. */
const QUALITIES = [0.92, 0.8, 0.6] as const;

/** Resolves to null when there is no frame yet. WebP where the browser makes it, else PNG. */
export async function freeze(video: HTMLVideoElement): Promise<{ image: Blob; at: number } | null> {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const at = serverNow();
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  for (const quality of QUALITIES) {
    const image = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", quality));
    if (!image) return null;
    if (image.size <= FRAME_MAX_BYTES || quality === QUALITIES.at(-1)) return { image, at };
  }
  return null;
}

/** For whoever asked for a frame that is not there yet. */
export function noFrame(): Problem {
  return new Problem({ status: 409, code: "no_frame", detail_zh: "还没有可定格的画面", detail_en: "there is no picture to freeze yet" });
}
