// Signals that end by themselves: `AbortSignal.any` is younger than some of the browsers that citizens come with.

/** Aborted with `signal`, or by itself after so long: then what it was for reads as unreachable. */
export function within(ms: number, signal: AbortSignal): AbortSignal {
  const ends = new AbortController();
  const late = setTimeout(() => ends.abort(new DOMException("too late", "TimeoutError")), ms);
  const over = () => {
    clearTimeout(late);
    ends.abort(signal.reason);
  };
  if (signal.aborted) over();
  else signal.addEventListener("abort", over, { once: true });
  return ends.signal;
}
