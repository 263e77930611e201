// One endpoint's enrolment code: large enough to be read across a desk, with the time that is left.

import { CopyOutlined } from "@ant-design/icons";
import { App, Button, Modal, Spin } from "antd";
import { useEffect, useState } from "react";
import { org } from "@/api/calls";
import type { Endpoint, EnrolmentCode } from "@/api/types";
import { useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { durationText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./org.module.css";
import { orgWords } from "./words";

export function EnrolmentDialog({ endpoint, siteName, close }: { endpoint: Endpoint; siteName: string; close: () => void }) {
  const say = useWords(orgWords);
  const { message } = App.useApp();
  const now = useNow();
  const [round, setRound] = useState(0);
  const [code, setCode] = useState<EnrolmentCode | null>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    let gone = false;
    org.enrolment(endpoint.id).then(
      (made) => !gone && setCode(made),
      (failed: unknown) => !gone && setError(failed),
    );
    return () => {
      gone = true;
    };
  }, [endpoint.id, round]);

  const again = () => {
    setCode(null);
    setError(null);
    setRound((n) => n + 1);
  };
  const left = code ? code.expires_ms - now : 0;

  return (
    <Modal open title={say.enrol} onCancel={close} footer={<Button onClick={close}>{say.close}</Button>} width={440}>
      <p className={css.lead}>{say.enrolLead(`${siteName} · ${endpoint.name}`)}</p>
      {error !== null && <ErrorNote error={error} retry={again} />}
      {!code && error === null && <Spin style={{ display: "block", margin: "32px auto" }} />}
      {code && (
        <div className={css.code} data-over={left <= 0}>
          <output aria-label={say.enrol}>{code.code}</output>
          <div>
            {left > 0 ? <span className="num">{say.enrolLeft(durationText(left))}</span> : <span>{say.enrolOver}</span>}
            {left > 0 ? (
              <Button
                size="small"
                icon={<CopyOutlined aria-hidden />}
                onClick={() => void navigator.clipboard.writeText(code.code).then(() => message.success(say.copied))}
              >
                {say.copy}
              </Button>
            ) : (
              <Button size="small" onClick={again}>
                {say.enrolAgain}
              </Button>
            )}
          </div>
        </div>
      )}
      {endpoint.enrolled && <p className={css.lead}>{say.enrolReplaces}</p>}
    </Modal>
  );
}
