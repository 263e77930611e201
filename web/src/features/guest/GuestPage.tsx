// The citizen's page at /g/:token, made for a phone: who answers and until when, whether the devices work, what one agrees to,
// the conversation, and how it was. It has no login and no shell.

import { Button, Spin } from "antd";
import { useEffect, useState, type ComponentType } from "react";
import { useParams } from "react-router";
import { visit as calls } from "@/api/calls";
import type { VisitView } from "@/api/types";
import { setLanguage, useLanguage, useWords } from "@/lib/language";
import { useStore } from "@/lib/useStore";
import { ConsentForm } from "@/ui/ConsentForm";
import { ErrorNote } from "@/ui/ErrorNote";
import { guestWords, scopeOf } from "@/ui/guestWords";
import css from "./guest.module.css";
import { GuestCall } from "./GuestCall";
import { Judge } from "./Judge";
import { PromiseClock } from "./PromiseClock";
import { Visit } from "./visiting";
import { Withdraw } from "./Withdraw";
import { visitWords } from "./words";

/** `Check`: the check of the devices, which is a feature of its own. */
export function GuestPage({ Check }: { Check: ComponentType<{ done: () => void }> }) {
  const { token = "" } = useParams();
  return <Page key={token} token={token} Check={Check} />;
}

function Page({ token, Check }: { token: string; Check: ComponentType<{ done: () => void }> }) {
  const say = useWords(visitWords);
  const language = useLanguage();
  const [visit] = useState(() => new Visit(token));
  useEffect(() => {
    visit.open();
    return () => visit.close();
  }, [visit]);
  useEffect(() => {
    document.title = say.product;
  }, [say.product]);
  return (
    <div className={css.page}>
      <header className={css.bar}>
        <img src="/icon.svg" alt="" width={24} height={24} />
        <strong>{say.product}</strong>
        <Button type="text" size="small" onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
          {say.other}
        </Button>
      </header>
      <Inside visit={visit} Check={Check} />
    </div>
  );
}

function Inside({ visit, Check }: { visit: Visit; Check: ComponentType<{ done: () => void }> }) {
  const say = useWords(visitWords);
  const { view, over, lost } = useStore(visit.state);
  if (over) {
    return (
      <main className={css.body} data-visit="over">
        <section className={css.card}>
          <h2>{view ? say.over : say.notOpen}</h2>
          <ErrorNote error={over} {...(over.status === 429 ? { retry: () => visit.again() } : {})} />
          {view && <p>{say.overNext}</p>}
        </section>
      </main>
    );
  }
  if (!view) {
    return (
      <main className={css.body} data-visit="opening">
        <section className={css.card}>
          <Spin /> {lost ? say.lost : say.opening}
        </section>
      </main>
    );
  }
  return (
    <main className={css.body} data-visit={view.state} data-request-state={view.request_state}>
      {lost && (
        <p role="status" className={css.lost}>
          {say.lost}
        </p>
      )}
      <PromiseClock view={view} brief={view.session !== null && view.consent !== null} />
      <Step visit={visit} view={view} Check={Check} />
    </main>
  );
}

/** What comes next, and that alone. */
function Step({ visit, view, Check }: { visit: Visit; view: VisitView; Check: ComponentType<{ done: () => void }> }) {
  const say = useWords(visitWords);
  const shared = useWords(guestWords);
  const [checked, setChecked] = useState(false);
  const [changing, setChanging] = useState(false);
  const give = async (consent: Parameters<typeof calls.consent>[0]) => {
    try {
      visit.take(await calls.consent(consent));
    } catch (failed) {
      // A newer text has to be read before it can be agreed to; nobody else tells this page of it.
      void visit.look();
      throw failed;
    }
    setChanging(false);
  };
  const { consent, session } = view;
  // The matter may be settled while people still talk: nobody is cut off to be asked how it was.
  const talking = session !== null && consent !== null;
  if (view.may_judge && !talking) return <Judge view={view} took={(fresh) => visit.take(fresh)} />;
  if (consent === null || changing) {
    if (view.state === "waiting" && !checked && !changing) {
      return (
        <section className={css.card}>
          <Check done={() => setChecked(true)} />
        </section>
      );
    }
    return (
      <section className={css.card}>
        {view.state === "withdrawn" && (
          <div role="status" className={css.withdrawn}>
            <strong>{say.withdrawn}</strong>
            <p>{say.withdrawnNext}</p>
          </div>
        )}
        <ConsentForm text={view.text} name={view.name} give={give}>
          {changing && (
            <Button block onClick={() => setChanging(false)}>
              {say.cancel}
            </Button>
          )}
        </ConsentForm>
      </section>
    );
  }
  return (
    <>
      {session ? (
        <GuestCall view={view} session={session} picture={consent.picture} sound={consent.sound} />
      ) : (
        <section className={css.card} data-ready>
          <h2>{say.ready}</h2>
          <p>{say.readyNext}</p>
        </section>
      )}
      <section className={css.agreed}>
        <span>{say.scope(shared.scope[scopeOf(consent)])}</span>
        <Button size="small" onClick={() => setChanging(true)}>
          {say.change}
        </Button>
        <Withdraw took={(fresh) => visit.take(fresh)} />
      </section>
      <p className={css.dim}>{say.judge.wait}</p>
    </>
  );
}
