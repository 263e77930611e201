// Strokes on a frozen frame as shapes: points in 10 000ths of the frame become places in it.

export type Tool = "pen" | "arrow" | "rectangle" | "ellipse" | "text";
export type Colour = "red" | "yellow" | "green" | "blue" | "white" | "black";
export type Point = [number, number];

export interface Drawn {
  tool: Tool;
  colour: Colour;
  width: number;
  points: Point[];
  text: string;
}

export const SCALE = 10_000;
const POINTS_A_STROKE = 1_000;

export const COLOURS: Record<Colour, string> = {
  red: "#ff4d3d",
  yellow: "#ffd233",
  green: "#35d07f",
  blue: "#3b9dff",
  white: "#ffffff",
  black: "#101418",
};

/** A place within the frame's rectangle on the screen, clamped to the frame. */
export function pointOf(x: number, y: number, box: { left: number; top: number; width: number; height: number }): Point {
  const part = (at: number, from: number, size: number) => Math.round(Math.min(1, Math.max(0, (at - from) / Math.max(1, size))) * SCALE);
  return [part(x, box.left, box.width), part(y, box.top, box.height)];
}

/** Points that add something: closer ones are left out, and a stroke that has too many is thinned evenly. */
export function thinned(points: readonly Point[], apart = 12): Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= apart) kept.push(point);
  }
  const end = points.at(-1);
  if (end && kept.at(-1) !== end && kept.length > 0) kept.push(end);
  if (kept.length <= POINTS_A_STROKE) return kept;
  const step = (kept.length - 1) / (POINTS_A_STROKE - 1);
  return Array.from({ length: POINTS_A_STROKE }, (_, n) => kept[Math.round(n * step)] as Point);
}

/** The path of a pen, or of an arrow with its head, in the frame's pixels. */
export function pathOf({ tool, points, width }: Drawn, frame: { width: number; height: number }): string {
  const at = ([x, y]: Point): Point => [(x / SCALE) * frame.width, (y / SCALE) * frame.height];
  const say = ([x, y]: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const [first, ...rest] = points.map(at);
  if (!first) return "";
  const line = `M${say(first)}${rest.length === 0 ? `L${say(first)}` : rest.map((p) => `L${say(p)}`).join("")}`;
  const tip = rest.at(-1);
  if (tool !== "arrow" || !tip) return line;
  const angle = Math.atan2(tip[1] - first[1], tip[0] - first[0]);
  const size = Math.max(14, (width / SCALE) * frame.width * 4);
  const wing = (turn: number): Point => [tip[0] - size * Math.cos(angle + turn), tip[1] - size * Math.sin(angle + turn)];
  return `${line}M${say(wing(0.5))}L${say(tip)}L${say(wing(-0.5))}`;
}

/** The rectangle that two points span, in the frame's pixels. */
export function boxOf(points: readonly Point[], frame: { width: number; height: number }) {
  const [a = [0, 0], b = a] = points;
  const x = (n: number) => (n / SCALE) * frame.width;
  const y = (n: number) => (n / SCALE) * frame.height;
  return { x: x(Math.min(a[0], b[0])), y: y(Math.min(a[1], b[1])), width: x(Math.abs(a[0] - b[0])), height: y(Math.abs(a[1] - b[1])) };
}

/** A frame with its strokes as one image, for whoever gets the picture and not the drawing. */
export async function painted(image: string, frame: { width: number; height: number; strokes: readonly { drawn: Drawn | null }[] }): Promise<Blob | null> {
  const base = new Image();
  base.src = image;
  await base.decode();
  const canvas = document.createElement("canvas");
  canvas.width = frame.width;
  canvas.height = frame.height;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.drawImage(base, 0, 0, frame.width, frame.height);
  pen.lineCap = pen.lineJoin = "round";
  for (const { drawn } of frame.strokes) {
    if (!drawn) continue;
    const width = (drawn.width / SCALE) * frame.width;
    pen.strokeStyle = pen.fillStyle = COLOURS[drawn.colour];
    pen.lineWidth = width;
    const box = boxOf(drawn.points, frame);
    if (drawn.tool === "text") {
      pen.font = `600 ${width}px sans-serif`;
      pen.fillText(drawn.text, box.x, box.y);
    } else if (drawn.tool === "rectangle") pen.strokeRect(box.x, box.y, box.width, box.height);
    else if (drawn.tool === "ellipse") {
      pen.beginPath();
      pen.ellipse(box.x + box.width / 2, box.y + box.height / 2, box.width / 2, box.height / 2, 0, 0, 2 * Math.PI);
      pen.stroke();
    } else pen.stroke(new Path2D(pathOf(drawn, frame)));
  }
  return new Promise((done) => canvas.toBlob(done, "image/webp", 0.92));
}
