// Fifty events a second must not draw a page fifty times a second: what comes in quick succession is handed on together.

/** No longer does what an event says wait; short against the second within which a seat has to ring. */
export const GATHER_MS = 100;

/** The first after a quiet time is handed on at once, what follows within [`GATHER_MS`] together, in order. */
export class Gathering<T> {
  #hand: (gathered: T[]) => void;
  #waiting: T[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(hand: (gathered: T[]) => void) {
    this.#hand = hand;
  }

  add(one: T): void {
    if (this.#timer) {
      this.#waiting.push(one);
      return;
    }
    this.#timer = setTimeout(this.#pass, GATHER_MS);
    this.#hand([one]);
  }

  #pass = () => {
    const gathered = this.#waiting;
    this.#waiting = [];
    this.#timer = gathered.length > 0 ? setTimeout(this.#pass, GATHER_MS) : null;
    if (gathered.length > 0) this.#hand(gathered);
  };
}
