// What the server's clock is ahead of this computer's, told by the date of its answers. Pure.

/** The date of an answer is cut to the second. */
const CUT_MS = 1_000;

/**
 * Each answer says between which two bounds the difference lies; what all of them agree on is narrower with each. An answer that does
 * not fit means that one of the clocks was set: from then on it counts alone.
 */
export class ServerClock {
  #least = -Infinity;
  #most = Infinity;
  #ahead = 0;

  /** Milliseconds. Stays as it is while it fits: what shows the time must not tremble. */
  get ahead(): number {
    return this.#ahead;
  }

  /** `date`: as the server wrote it; `sent` and `came` by this computer. Returns whether it changed. */
  heard(date: number, sent: number, came: number): boolean {
    const least = date - came;
    const most = date + CUT_MS - sent;
    // Set while the answer was on its way.
    if (!(least <= most)) return false;
    [this.#least, this.#most] = [Math.max(least, this.#least), Math.min(most, this.#most)];
    if (this.#least > this.#most) [this.#least, this.#most] = [least, most];
    if (this.#ahead >= this.#least && this.#ahead <= this.#most) return false;
    this.#ahead = Math.round((this.#least + this.#most) / 2);
    return true;
  }
}
