// A picture that somebody chose, as the server takes it: PNG or WebP, its longer side bounded; what the camera wrote about place and device
// stays behind.

const MAX_SIDE = 2_560;

/** Throws when the browser cannot read it as a picture. */
export async function pictureOf(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const image = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", 0.9));
  if (!image) throw new Error("no picture");
  return image;
}
