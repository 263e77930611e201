// How one endpoint is enrolled: a browser by a code, large enough to be read across a desk, with the time that is left;
// an encoder by a token.

import { CopyOutlined } from "@ant-design/icons";
import { App, Button, Modal, Segmented, Spin } from "antd";
import { useEffect, useState } from "react";
import { org } from "@/api/calls";
import type { Endpoint, EnrolmentCode } from "@/api/types";
import { useWords } from "@/lib/language";
import { useNow } from "@/lib/now";
import { durationText } from "@/lib/time";
import { ErrorNote } from "@/ui/ErrorNote";
import { EncoderEnrolment } from "./EncoderEnrolment";
import css from "./org.module.css";
import { orgWords } from "./words";

type By = "browser" | "encoder";

export function EnrolmentDialog({ endpoint, siteName, close }: { endpoint: Endpoint; siteName: string; close: () => void }) {
  const say = useWords(orgWords);
  // A camera has no browser to type a code into.
  const [by, setBy] = useState<By>(endpoint.kind === "camera" || endpoint.kind === "body_camera" ? "encoder" : "browser");
  return (
    <Modal open title={say.enrol} onCancel={close} footer={<Button onClick={close}>{say.close}</Button>} width={440}>
      <Segmented<By>
        block
        value={by}
        onChange={setBy}
        options={[
          { value: "browser", label: say.byBrowser },
          { value: "encoder", label: say.byEncoder },
        ]}
        style={{ marginBottom: 12 }}
      />
      {by === "browser" ? <CodeEnrolment endpoint={endpoint} siteName={siteName} /> : <EncoderEnrolment endpoint={endpoint} siteName={siteName} />}
    </Modal>
  );
}

function CodeEnrolment({ endpoint, siteName }: { endpoint: Endpoint; siteName: string }) {
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
    <>
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
    </>
  );
}
