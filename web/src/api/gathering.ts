// Fifty events a second must not draw a page fifty times a second: what comes in quick succession is handed on together.

/** What an event says waits this long for what follows it. */
export const GATHER_MS = 100;
/** So much at once is a flood: */
export const FLOOD = 4;
/** then it waits this long, and whoever works at the screen has it to himself meanwhile. Short against the second within which a seat has to ring. */
export const FLOOD_MS = 250;

/** The first after a quiet time is handed on at once, what follows it together, in order. */
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
    this.#timer = gathered.length > 0 ? setTimeout(this.#pass, gathered.length < FLOOD ? GATHER_MS : FLOOD_MS) : null;
    if (gathered.length > 0) this.#hand(gathered);
  };
}
