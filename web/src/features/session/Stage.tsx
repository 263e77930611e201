// The pictures: the site's large, or a screen that is shared; the others and one's own beside it.

import { AudioOutlined, VideoCameraOutlined } from "@ant-design/icons";
import { useMemo } from "react";
import type { AssistView } from "@/api/types";
import { useWords } from "@/lib/language";
import type { Call } from "@/live/call";
import type { Other, Shown } from "@/live/others";
import { guestWords } from "@/ui/guestWords";
import { Place } from "@/ui/Place";
import { useCallView, useLineTrouble, useOthers } from "./hooks";
import css from "./session.module.css";
import { sessionWords } from "./words";

export function Stage({ assist, call, identity, inset }: { assist: AssistView; call: Call; identity: string | null; inset: boolean }) {
  const say = useWords(sessionWords);
  const consents = useWords(guestWords).room;
  const { sends } = useCallView(call);
  const { others } = useOthers(call);
  // While this line is down nothing is known of the other side: it is not to blame for an empty tile.
  const trouble = useLineTrouble(call);
  const of = (endpoint: string) => seen(others.find((other) => other.identity === endpoint));
  const sharing = others.find((other) => other.screen);
  const parties = assist.parties.filter((party) => party.endpoint_id !== identity);
  const siteName = assist.session.site?.name ?? assist.station.name;

  return (
    <div className={css.stage} data-inset={inset || undefined}>
      {sharing && !inset ? (
        <Tile big name={say.screen(nameOf(assist, sharing.identity) ?? sharing.name)} call={call} identity={sharing.identity} what="screen" shows={true} paused={sharing.paused.screen} sound={false} speaking={false} />
      ) : null}
      <Tile
        big={!sharing && !inset}
        name={siteName}
        call={call}
        identity={assist.station.id}
        {...of(assist.station.id)}
        empty={trouble ?? (assist.answered_ms === null ? say.calling : !assist.station_present ? say.stationLost : assist.picture_withheld ? consents.withheld : say.noPicture)}
      />
      <div className={css.strip}>
        {parties.map((party) => (
          <Tile
            key={party.endpoint_id}
            name={party.name}
            note={party.mode === "join" ? (party.leads ? say.lead : "") : say.modes[party.mode]}
            call={call}
            identity={party.endpoint_id}
            {...of(party.endpoint_id)}
            empty={trouble ?? say.noCamera}
          />
        ))}
        {assist.guests
          .filter((guest) => guest.state === "attending")
          .map((guest) => (
            <Tile key={guest.endpoint_id} name={guest.name} note={say.guest} call={call} identity={guest.endpoint_id} {...of(guest.endpoint_id)} empty={trouble ?? say.noCamera} />
          ))}
        {identity !== null && assist.parties.some((party) => party.endpoint_id === identity) && (
          <Tile name={say.me} call={call} identity="me" shows={sends.camera} sound={sends.microphone} speaking={false} mirror empty={trouble ? "" : say.noCamera} />
        )}
      </div>
    </div>
  );
}

function nameOf(assist: AssistView, endpoint: string): string | undefined {
  return endpoint === assist.station.id ? assist.session.site?.name : assist.parties.find((party) => party.endpoint_id === endpoint)?.name;
}

function seen(other: Other | undefined): Pick<TileProps, "shows" | "paused" | "sound" | "speaking"> {
  return { shows: other?.picture ?? false, paused: other?.paused.camera ?? false, sound: other?.sound ?? false, speaking: other?.speaking ?? false };
}

interface TileProps {
  name: string;
  note?: string;
  call: Call;
  identity: string;
  what?: Shown;
  big?: boolean;
  shows: boolean;
  paused?: boolean;
  sound: boolean;
  speaking: boolean;
  mirror?: boolean;
  empty?: string;
}

function Tile({ name, note, call, identity, what = "camera", big, shows, paused, sound, speaking, mirror, empty }: TileProps) {
  const say = useWords(sessionWords);
  const element = useMemo(() => call.others.element(identity, what), [call, identity, what]);
  return (
    <figure className={css.tile} data-big={big || undefined} data-party={identity} data-shows={shows} data-sound={sound} data-speaking={speaking || undefined} data-mirror={mirror || undefined}>
      <Place element={element} className={css.picture} />
      {(!shows || paused) && (
        <span className={css.empty} data-over={shows || undefined}>
          <VideoCameraOutlined aria-hidden /> {shows ? say.paused : empty}
        </span>
      )}
      <figcaption>
        {sound && <AudioOutlined aria-hidden />} {name}
        {note && <small>{note}</small>}
      </figcaption>
    </figure>
  );
}
