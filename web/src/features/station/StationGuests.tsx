// Citizens at the workstation: a link to hand out with its code, who came; and in a mediation room the consent before anybody is heard.

import { QrcodeOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Badge, Button, Modal } from "antd";
import { useState } from "react";
import { guests as calls, station } from "@/api/calls";
import { queries } from "@/api/queries";
import type { AssistView } from "@/api/types";
import { useWords } from "@/lib/language";
import { ConsentForm } from "@/ui/ConsentForm";
import { ErrorNote } from "@/ui/ErrorNote";
import { Guests } from "@/ui/Guests";
import { guestWords, scopeOf } from "@/ui/guestWords";
import css from "./assist.module.css";

export function StationGuests({ request }: { request: string }) {
  const say = useWords(guestWords);
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const board = useQuery(queries.guests("station", request));
  const own = calls("station");
  const fresh = async <T,>(told: Promise<T>): Promise<T> => {
    const answer = await told;
    await client.invalidateQueries({ queryKey: ["guests", request] });
    return answer;
  };
  const there = board.data?.guests.filter((guest) => guest.state === "attending" || guest.state === "consented").length ?? 0;
  return (
    <>
      <Badge count={there} size="small">
        <Button icon={<QrcodeOutlined aria-hidden />} onClick={() => setOpen(true)}>
          {say.title}
        </Button>
      </Badge>
      <Modal open={open} title={say.title} footer={null} width={520} onCancel={() => setOpen(false)}>
        {board.error && <ErrorNote error={board.error} retry={() => void board.refetch()} />}
        <Guests
          links={board.data?.links ?? []}
          guests={board.data?.guests ?? []}
          acts={{
            make: (link) => fresh(own.make(request, link)),
            revoke: (link, reason) => fresh(own.revoke(link, reason)),
            remove: (guest, reason) => fresh(own.remove(guest, reason)),
          }}
        />
      </Modal>
    </>
  );
}

/** Whether somebody in this room has agreed; where sound waits for it, it is asked for before anything else. */
export function RoomConsent({ assist, done }: { assist: AssistView; done: () => Promise<unknown> }) {
  const say = useWords(guestWords).room;
  const scope = useWords(guestWords).scope;
  const [asking, setAsking] = useState(false);
  // The next person's form is empty again.
  const [round, setRound] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const text = useQuery({ ...queries.stationConsentText(), enabled: asking });
  const given = assist.consents.filter((consent) => consent.withdrawn_ms === null);
  const session = assist.session.id;
  if (!assist.sound_waits && given.length === 0) return null;
  const withdraw = async (consent: string) => {
    setError(null);
    try {
      await station.withdrawConsent(session, consent, "");
    } catch (failed) {
      setError(failed);
    }
    await done();
  };
  return (
    <div className={css.roomConsent} data-waits={assist.sound_waits} role={assist.sound_waits ? "alert" : undefined}>
      {assist.sound_waits && (
        <>
          <span>
            <strong>{say.waits}</strong> {say.next}
          </span>
          <Button type="primary" onClick={() => setAsking(true)}>
            {say.ask}
          </Button>
        </>
      )}
      {assist.picture_withheld && <span>{say.withheld}</span>}
      {given.map((consent) => (
        <span key={consent.id}>
          {say.given(consent.name, scope[scopeOf(consent)])}{" "}
          <Button size="small" danger onClick={() => void withdraw(consent.id)}>
            {say.withdraw}
          </Button>
        </span>
      ))}
      {error !== null && <ErrorNote error={error} />}
      <Modal open={asking} footer={null} width={560} title={null} onCancel={() => setAsking(false)}>
        {text.error && <ErrorNote error={text.error} retry={() => void text.refetch()} />}
        {text.data && (
          <ConsentForm
            key={round}
            text={text.data}
            give={async (consent) => {
              try {
                await station.consent(session, consent);
              } catch (failed) {
                // A newer text has to be read before it can be agreed to.
                void text.refetch();
                throw failed;
              }
              setAsking(false);
              setRound(round + 1);
              await done();
            }}
          />
        )}
      </Modal>
    </div>
  );
}
