// Who is in the session, who was asked to come in, and citizens with their links.

import { UserAddOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal, Segmented } from "antd";
import { useState } from "react";
import { assists, guests } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { AssistView, NewGuestLink, PartyMode, PartyView } from "@/api/types";
import { listText, useLanguage, useWords } from "@/lib/language";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorNote } from "@/ui/ErrorNote";
import { Guests } from "@/ui/Guests";
import { guestWords, scopeOf } from "@/ui/guestWords";
import { StateTag } from "@/ui/StateTag";
import css from "./session.module.css";
import { sessionWords } from "./words";

export interface OfAssist {
  assist: AssistView;
  own: PartyView | undefined;
  /** Whether it was done; a refusal is shown by the room. */
  act(what: () => Promise<AssistView>): Promise<boolean>;
}

const MODES: readonly PartyMode[] = ["join", "whisper", "watch"];

export function People({ assist, own, act }: OfAssist) {
  const say = useWords(sessionWords);
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const runs = own !== undefined || holdsAny(me, ["requests.manage"]);
  return (
    <section>
      <h2>
        {say.people}
        {runs && (
          <Button size="small" type="text" icon={<UserAddOutlined aria-hidden />} onClick={() => setAsking(true)}>
            {say.add}
          </Button>
        )}
      </h2>
      <ul className={css.people}>
        <li>
          <span>
            {assist.session.site?.name}
            <small>{assist.station.name}</small>
            {assist.earphones && <small>{say.earphones}</small>}
          </span>
          <StateTag tone={assist.station_present ? "live" : "weak"}>{assist.station_present ? say.site : say.stationLost}</StateTag>
        </li>
        {assist.parties.map((party) => (
          <li key={party.endpoint_id} data-person={party.account_id}>
            <span>
              {party.name}
              <small>{party.unit?.name}</small>
            </span>
            <StateTag tone={party.mode === "join" ? "live" : "info"}>{party.leads && party.mode === "join" ? say.lead : say.modes[party.mode]}</StateTag>
            {runs && !party.leads && party.account_id !== me.account.id && (
              <Button size="small" type="text" onClick={() => void act(() => assists.remove(assist.session.id, party.account_id))}>
                {say.remove}
              </Button>
            )}
          </li>
        ))}
        {assist.invited.map((one) => (
          <li key={one.account_id} className={css.dim}>
            <span>
              {one.name}
              <small>{say.invitedBy(one.by)}</small>
            </span>
            <small>{say.invited}</small>
          </li>
        ))}
      </ul>
      {asking && <Asking assist={assist} close={() => setAsking(false)} />}
    </section>
  );
}

/** Citizens: those who came, and links for those who are to come. */
export function SessionGuests({ assist, request, runs }: { assist: AssistView; request: string; runs: boolean }) {
  const me = useMe();
  const say = useWords(guestWords);
  const client = useQueryClient();
  const mayRead = holdsAny(me, ["requests.read"]);
  const board = useQuery({ ...queries.guests("account", request), enabled: mayRead });
  const own = guests("account");
  const fresh = async <T,>(told: Promise<T>): Promise<T> => {
    const answer = await told;
    await Promise.all([client.invalidateQueries({ queryKey: ["guests", request] }), client.invalidateQueries({ queryKey: ["assists", assist.session.id] })]);
    return answer;
  };
  const acts = runs
    ? {
        make: (link: NewGuestLink) => fresh(own.make(request, link)),
        revoke: (link: string, reason: string) => fresh(own.revoke(link, reason)),
        remove: (guest: string, reason: string) => fresh(own.remove(guest, reason)),
      }
    : null;
  const given = assist.consents.filter((consent) => consent.withdrawn_ms === null);
  return (
    <section>
      <h2>{say.title}</h2>
      {given.map((consent) => (
        <p key={consent.id} className={css.dim}>
          {say.room.given(consent.name, say.scope[scopeOf(consent)])}
        </p>
      ))}
      <Guests links={board.data?.links ?? []} guests={assist.guests} acts={acts} />
    </section>
  );
}

function Asking({ assist, close }: { assist: AssistView; close: () => void }) {
  const say = useWords(sessionWords);
  const client = useQueryClient();
  const id = assist.session.id;
  const language = useLanguage();
  const [mode, setMode] = useState<PartyMode>("join");
  const found = useQuery({ ...queries.candidates(id), staleTime: 0 });
  const ask = useMutation({
    mutationFn: (account: string) => assists.ask(id, account, mode),
    onSuccess: (told) => {
      client.setQueryData(queries.assist(id).queryKey, told);
      close();
    },
  });
  return (
    <Modal open title={say.addTitle} footer={null} onCancel={close} width={460}>
      <p className={css.dim}>{say.addNext}</p>
      <Segmented<PartyMode> block value={mode} className={css.modes ?? ""} aria-label={say.addTitle} options={MODES.map((value) => ({ value, label: say.joinAs[value] }))} onChange={setMode} />
      {ask.error && <ErrorNote error={ask.error} />}
      {found.error && <ErrorNote error={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && <EmptyState title={say.nobody} next={say.nobodyNext} />}
      <ul className={css.people}>
        {found.data?.map((one) => (
          <li key={one.account_id} data-candidate={one.account_id}>
            <span>
              {one.name}
              <small>
                {one.unit} · {listText(language, one.roles.map((role) => term("role", role, language)))}
              </small>
            </span>
            <Button size="small" type="primary" loading={ask.isPending && ask.variables === one.account_id} onClick={() => ask.mutate(one.account_id)}>
              {say.add}
            </Button>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
