// The live room of an assistance: the site's picture large, everyone else beside it, what is known of the session at the right,
// what one can do at the bottom.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Spin } from "antd";
import { useEffect, useRef, useState } from "react";
import { Link, useParams } from "react-router";
import { assists } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import type { AssistView, PartyView } from "@/api/types";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import type { Call } from "@/live/call";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { guestWords } from "@/ui/guestWords";
import { PageBody } from "@/ui/PageHeader";
import { Boards } from "./Boards";
import { Controls } from "./Controls";
import { useCall, useCallView, useLineTrouble, useOthers } from "./hooks";
import css from "./session.module.css";
import { Side } from "./Side";
import { Stage } from "./Stage";
import { sessionWords } from "./words";

export default function SessionRoom() {
  const { id = "" } = useParams();
  const say = useWords(sessionWords);
  const assist = useQuery(queries.assist(id));
  if (assist.error && !assist.data) {
    return (
      <PageBody>
        <ErrorNote error={assist.error} retry={() => void assist.refetch()} />
      </PageBody>
    );
  }
  if (!assist.data) return <Spin description={say.loading} className={css.wait ?? ""} />;
  if (assist.data.session.state !== "open") return <Over assist={assist.data} />;
  return <Live key={id} assist={assist.data} />;
}

function Over({ assist }: { assist: AssistView }) {
  const say = useWords(sessionWords);
  const me = useMe();
  return (
    <EmptyState title={say.ended} next={`${assist.session.number} · ${assist.session.purpose}`}>
      {holdsAny(me, ["sessions.read"]) && <Link to={paths.session(assist.session.id)}>{say.record}</Link>}
    </EmptyState>
  );
}

function Live({ assist }: { assist: AssistView }) {
  const open = useCall();
  const say = useWords(sessionWords);
  if (!open) return <Spin description={say.loading} className={css.wait ?? ""} />;
  return <Room assist={assist} call={open.call} identity={open.identity} />;
}

function Room({ assist, call, identity }: { assist: AssistView; call: Call; identity: string | null }) {
  const say = useWords(sessionWords);
  const me = useMe();
  const client = useQueryClient();
  const view = useCallView(call);
  const { mute } = useOthers(call);
  const [board, setBoard] = useState<string | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const own = assist.parties.find((party) => party.endpoint_id === identity);
  const fresh = (told: AssistView) => client.setQueryData(queries.assist(assist.session.id).queryKey, told);

  const act = async (what: () => Promise<AssistView>) => {
    setFailed(null);
    try {
      fresh(await what());
      return true;
    } catch (error) {
      setFailed(error);
      void client.invalidateQueries({ queryKey: ["assists", assist.session.id] });
      return false;
    }
  };
  const join = () => {
    void call.others.arm();
    if (identity) void act(() => assists.join(assist.session.id, identity));
  };

  // Whoever attends is heard at once, and seen if they talk; each is turned off by one key.
  const mode = own?.mode;
  const begun = useRef(false);
  useEffect(() => {
    if (mode === undefined || mode === "watch" || begun.current) return;
    begun.current = true;
    call.want("microphone", true);
    if (mode === "join") call.want("camera", true);
  }, [call, mode]);

  return (
    <div className={css.room} data-link={view.phase} data-mode={mode ?? "none"} data-answered={assist.answered_ms !== null}>
      <div className={css.main}>
        <Notices assist={assist} call={call} mute={mute} lead={mode === "join" || mode === "whisper" ? join : null} />
        {failed !== null && <ErrorNote error={failed} />}
        <Boards assist={assist} call={call} mayDraw={mode === "join" || mode === "whisper"} shown={board} show={setBoard}>
          {(inset) => <Stage assist={assist} call={call} identity={identity} inset={inset} />}
        </Boards>
        {own === undefined && identity !== null && view.phase === "connected" && <Door assist={assist} account={me.account.id} manages={holdsAny(me, ["requests.manage"])} join={join} />}
        <Controls assist={assist} call={call} own={own} act={act} board={setBoard} fail={setFailed} />
      </div>
      <Side assist={assist} own={own} act={act} />
      {view.phase === "taken" && (
        <div className={css.cover} role="alert">
          <strong>{say.taken}</strong>
          <Button onClick={() => call.takeBack()}>{say.takeBack}</Button>
        </div>
      )}
    </div>
  );
}

/** What keeps one from seeing and hearing, in words. `lead`: one is in it and may lead it on. */
function Notices({ assist, call, mute, lead }: { assist: AssistView; call: Call; mute: boolean; lead: (() => void) | null }) {
  const say = useWords(sessionWords);
  const guests = useWords(guestWords).room;
  const trouble = useLineTrouble(call);
  return (
    <div className={css.notices} aria-live="polite">
      {trouble && <p data-tone="weak">{trouble}</p>}
      {assist.answered_ms === null && (
        <p data-tone="info">
          <b>{say.calling}</b> {say.callingNext}
        </p>
      )}
      {assist.answered_ms !== null && !assist.station_present && <p data-tone="weak">{say.stationLost}</p>}
      {assist.leader_lost_ms !== null && (
        <p data-tone="weak">
          {say.leaderLost}{" "}
          {lead && (
            <Button size="small" onClick={lead}>
              {say.takeLead}
            </Button>
          )}
        </p>
      )}
      {assist.picture_withheld && assist.answered_ms !== null && <p data-tone="info">{guests.withheld}</p>}
      {assist.sound_waits && assist.answered_ms !== null && (
        <p data-tone="weak" data-sound-waits>
          <b>{guests.waits}</b>
        </p>
      )}
      {mute && (
        <p data-tone="weak">
          <Button size="small" onClick={() => void call.others.arm()}>
            {say.arm}
          </Button>
        </p>
      )}
    </div>
  );
}

function Door({ assist, account, manages, join }: { assist: AssistView; account: string; manages: boolean; join: () => void }) {
  const say = useWords(sessionWords);
  const asked = assist.invited.find((one) => one.account_id === account);
  const elsewhere = assist.parties.find((party: PartyView) => party.account_id === account);
  if (elsewhere) return <p className={css.door}>{say.taken}</p>;
  if (!asked && !manages && assist.leader_lost_ms === null) return <p className={css.door}>{say.readOnly}</p>;
  return (
    <div className={css.door}>
      {asked && <span>{say.joinLead(say.modes[asked.mode])}</span>}
      <Button type="primary" onClick={join}>
        {assist.leader_lost_ms !== null && !asked ? say.takeLead : say.join}
      </Button>
    </div>
  );
}
