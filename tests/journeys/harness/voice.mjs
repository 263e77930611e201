// A voice for the fake microphone: words of some syllables with pauses between them, so that discontinuous transmission has
// something to leave out, and a lost end of a word shows only when the next word begins.

import { writeFile } from "node:fs/promises";

const RATE = 48_000;
const PITCH_HZ = 140;
const HARMONICS = 12;
const SYLLABLE_S = 0.18;
/** Syllables of each word, and the pause after it in seconds. The whole is said again and again. */
const SENTENCE = [[2, 0.25], [3, 0.15], [1, 0.6], [4, 0.2], [2, 0.35], [3, 1.0]];

/** Writes the sentence to `path`: mono, 16 bits, 48 kHz (WAVE, RFC 2361). */
export async function speak(path) {
  const samples = SENTENCE.flatMap(([syllables, pause], n) => [...word(syllables, PITCH_HZ * (1 + 0.06 * (n % 3))), ...new Array(Math.round(pause * RATE)).fill(0)]);
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(36 + 2 * samples.length, 4);
  bytes.write("WAVEfmt ", 8);
  for (const [at, value] of [[16, 16], [24, RATE], [28, 2 * RATE]]) bytes.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) bytes.writeUInt16LE(value, at);
  bytes.write("data", 36);
  bytes.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, n) => bytes.writeInt16LE(Math.round(20_000 * sample), 44 + 2 * n));
  await writeFile(path, bytes);
}

/** Each syllable swells and fades; the pitch falls over the word as it does in speech. Values in [-1, 1]. */
function word(syllables, pitch) {
  const length = Math.round(syllables * SYLLABLE_S * RATE);
  let phase = 0;
  return Array.from({ length }, (_, n) => {
    const at = n / RATE;
    phase += (2 * Math.PI * pitch * (1.1 - (0.25 * n) / length)) / RATE;
    const loud = Math.sin((Math.PI * (at % SYLLABLE_S)) / SYLLABLE_S) ** 0.5;
    let voice = 0;
    for (let k = 1; k <= HARMONICS; k++) voice += Math.sin(k * phase) / k;
    return (loud * voice) / 2.5;
  });
}
