// A request that rings for this seat, over everything: sound, title, notice, and Enter to accept. It never takes the focus, so that nothing
// half-typed is lost.

import { PhoneFilled, SoundOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { link, photos, requests } from "@/api/calls";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import { term } from "@/api/terms";
import type { RequestView } from "@/api/types";
import { bell, HELP_RING } from "@/lib/bell";
import { tabId } from "@/lib/kept";
import { useKeys } from "@/lib/keys";
import { useLanguage, useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { problemOf } from "@/lib/problem";
import { useStore } from "@/lib/useStore";
import { CaseNumber } from "@/ui/CaseNumber";
import { Pictures } from "@/ui/Pictures";
import { StateTag } from "@/ui/StateTag";
import { Duration } from "@/ui/Time";
import css from "./ringing.module.css";
import { ringWords } from "./words";

export function Ringing() {
  const me = useMe();
  return holdsAny(me, ["requests.answer"]) ? <Bell person={me.person.id} /> : null;
}

function Bell({ person }: { person: string }) {
  const open = useQuery(queries.openRequests());
  const rings = useMemo(
    () => (open.data ?? []).filter((r) => r.ring?.persons.includes(person)).sort((a, b) => (a.ring?.since_ms ?? 0) - (b.ring?.since_ms ?? 0)),
    [open.data, person],
  );
  const first = rings[0];
  useEffect(() => {
    // Any click in the console arms the bell: nobody should have to think of it.
    const click = () => void bell.arm();
    const forget = bell.prepare();
    window.addEventListener("pointerdown", click, { once: true });
    window.addEventListener("keydown", click, { once: true });
    return () => {
      forget();
      window.removeEventListener("pointerdown", click);
      window.removeEventListener("keydown", click);
    };
  }, []);
  useAlarm(first);
  return first ? <Call key={first.id} request={first} more={rings.length - 1} /> : null;
}

/** Sound, title and desktop notice while something rings. */
function useAlarm(request: RequestView | undefined): void {
  const say = useWords(ringWords);
  const site = request?.site?.name ?? "";
  const id = request?.id;
  useEffect(() => {
    if (!id) return;
    const answered = bell.ring(HELP_RING);
    const title = document.title;
    const text = say.bell(site);
    let on = true;
    document.title = `● ${text}`;
    const blink = setInterval(() => {
      on = !on;
      document.title = on ? `● ${text}` : text;
    }, 1_000);
    let notice: Notification | null = null;
    if ("Notification" in window && Notification.permission === "granted" && document.visibilityState === "hidden") {
      notice = new Notification(text, { tag: id, requireInteraction: true });
      notice.onclick = () => window.focus();
    }
    return () => {
      answered();
      clearInterval(blink);
      document.title = title;
      notice?.close();
    };
  }, [id, say, site]);
}

function Call({ request, more }: { request: RequestView; more: number }) {
  const say = useWords(ringWords);
  const language = useLanguage();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const [refusing, setRefusing] = useState(false);
  const loud = useStore(bell.armed);
  // The first press on the page arms the bell, and it may be the one on 接听: what stood below the buttons keeps its place until the call
  // is over, or they would slip away between press and release.
  const [silent] = useState(!loud);
  const mayAsk = "Notification" in window && Notification.permission === "default";
  const over = useRef(false);

  const failed = (error: unknown) => {
    setBusy(false);
    const problem = problemOf(error);
    void (problem.code === "request_taken" ? message.info(problem.text(language)) : message.error(problem.text(language)));
  };
  const accept = async () => {
    if (over.current) return;
    over.current = true;
    setBusy(true);
    try {
      const { identity } = await link.token(tabId());
      const taken = await requests.act(request.id, { action: "accept", endpoint_id: identity });
      void navigate(taken.session_id ? paths.assist(taken.session_id) : paths.request(taken.id));
    } catch (error) {
      over.current = false;
      failed(error);
    }
  };
  const refuse = async (reason: string) => {
    setBusy(true);
    try {
      await requests.act(request.id, { action: "refuse", reason });
    } catch (error) {
      failed(error);
    }
  };
  useKeys({ Enter: () => void accept() }, !refusing);

  return (
    <section className={css.call} role="alert" aria-label={say.title} data-ringing={request.id}>
      <header>
        <PhoneFilled aria-hidden />
        <strong>{say.title}</strong>
        <StateTag tone={request.urgency === "ordinary" ? "info" : "off"}>{term("urgency", request.urgency, language)}</StateTag>
        {request.ring && (
          <small className="num">
            {say.waited} <Duration from={request.ring.since_ms} />
          </small>
        )}
      </header>
      <h2>{request.site?.name}</h2>
      <p>
        {request.asker} · {term("skill", request.need, language)}
        {request.case && (
          <>
            {" · "}
            <CaseNumber number={request.case.raw} apart />
          </>
        )}
      </p>
      <blockquote>{request.sentence || say.noSentence}</blockquote>
      {request.photos.length > 0 && <Pictures kept={request.photos.map((photo) => ({ id: photo.id, href: photos("account").address(request.id, photo.id), title: photo.by }))} />}
      {request.owner && <small>{say.again}</small>}
      {request.ring && request.ring.rung !== "seats" && <small>{say.rung(term("rung", request.ring.rung, language))}</small>}
      {refusing ? (
        <div className={css.why}>
          <span>{say.why}</span>
          {Object.values(say.reasons).map((reason) => (
            <Button key={reason} loading={busy} onClick={() => void refuse(reason)}>
              {reason}
            </Button>
          ))}
          <Button type="text" onClick={() => setRefusing(false)}>
            {say.cancel}
          </Button>
        </div>
      ) : (
        <div className={css.buttons}>
          <Button type="primary" size="large" loading={busy} onClick={() => void accept()}>
            {say.accept} <kbd>Enter</kbd>
          </Button>
          <Button size="large" disabled={busy} onClick={() => setRefusing(true)}>
            {say.refuse}
          </Button>
        </div>
      )}
      {(silent || mayAsk || more > 0) && (
        <footer>
          {silent && (
            <Button size="small" type="text" style={{ visibility: loud ? "hidden" : undefined }} icon={<SoundOutlined aria-hidden />} onClick={() => void bell.arm()}>
              {say.arm}
            </Button>
          )}
          {mayAsk && (
            <Button size="small" type="text" onClick={() => void Notification.requestPermission()}>
              {say.notify}
            </Button>
          )}
          {more > 0 && <small>{say.more(more)}</small>}
        </footer>
      )}
    </section>
  );
}
