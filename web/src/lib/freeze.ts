// A frame of a running picture as an image, at the picture's own size.

/** Resolves to null when there is no frame yet. WebP where the browser makes it, else PNG. */
export async function freeze(video: HTMLVideoElement): Promise<{ image: Blob; at: number } | null> {
  const { videoWidth: width, videoHeight: height } = video;
  if (!width || !height) return null;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const at = Date.now();
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  const image = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", 0.92));
  return image && { image, at };
}
