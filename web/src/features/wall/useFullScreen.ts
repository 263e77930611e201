// The whole screen for the tiles. The page itself goes full screen, so that its dialogs still show.

import { useCallback, useEffect, useState } from "react";

export function useFullScreen(): [full: boolean, turn: () => void] {
  const [full, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const changed = () => {
      const now = document.fullscreenElement !== null;
      document.documentElement.toggleAttribute("data-full", now);
      setFull(now);
    };
    document.addEventListener("fullscreenchange", changed);
    return () => {
      document.removeEventListener("fullscreenchange", changed);
      document.documentElement.removeAttribute("data-full");
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, []);
  const turn = useCallback(() => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen().catch(() => undefined);
  }, []);
  return [full, turn];
}
