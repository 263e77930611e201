// A place in the page for an element that lives elsewhere: a running picture is moved, never rendered.

import { useEffect, useRef } from "react";

export function Place({ element, className }: { element: HTMLElement; className?: string | undefined }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.append(element);
    // Moved into a page, a video may stand still until it is told to go on.
    if (element instanceof HTMLVideoElement) element.play().catch(() => undefined);
    return () => element.remove();
  }, [element]);
  return <div ref={place} className={className} />;
}
