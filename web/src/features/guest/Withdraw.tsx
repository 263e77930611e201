// Taking the consent back: one question, no reason needed, and it has stopped when the answer is here.

import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { visit } from "@/api/calls";
import type { VisitView } from "@/api/types";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import { visitWords } from "./words";

/** As the server says. */
const REASON_MAX_CHARS = 200;

export function Withdraw({ took }: { took: (view: VisitView) => void }) {
  const say = useWords(visitWords);
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      took(await visit.withdraw(reason.trim()));
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return (
    <>
      <Button size="small" danger onClick={() => setOpen(true)}>
        {say.withdraw}
      </Button>
      <Modal open={open} title={say.withdrawTitle} onCancel={() => setOpen(false)} footer={null} width={360}>
        <p>{say.withdrawLead}</p>
        <Input value={reason} maxLength={REASON_MAX_CHARS} placeholder={say.withdrawWhy} aria-label={say.withdrawWhy} onChange={(event) => setReason(event.target.value)} />
        {error !== null && <ErrorNote error={error} />}
        <p>
          <Button danger type="primary" size="large" block loading={busy} onClick={() => void send()}>
            {say.withdrawYes}
          </Button>
        </p>
        <Button block onClick={() => setOpen(false)}>
          {say.cancel}
        </Button>
      </Modal>
    </>
  );
}
