// What an encoder needs to be one endpoint's camera: the address to publish to, and a device token that is shown once.

import { CopyOutlined } from "@ant-design/icons";
import { App, Button } from "antd";
import { useState } from "react";
import { org } from "@/api/calls";
import type { Endpoint } from "@/api/types";
import { useWords } from "@/lib/language";
import { ErrorNote } from "@/ui/ErrorNote";
import css from "./org.module.css";
import { orgWords } from "./words";

export function EncoderEnrolment({ endpoint, siteName }: { endpoint: Endpoint; siteName: string }) {
  const say = useWords(orgWords);
  const [token, setToken] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  const issue = () => {
    setBusy(true);
    setError(null);
    org
      .deviceToken(endpoint.id)
      .then((made) => setToken(made.device_token), setError)
      .finally(() => setBusy(false));
  };

  return (
    <>
      <p className={css.lead}>{say.encoderLead(`${siteName} · ${endpoint.name}`)}</p>
      <Copied label={say.whipAddress} text={`${window.location.origin}/whip`} />
      {token === null ? (
        <>
          <p className={css.lead}>{say.tokenReplaces}</p>
          <Button type="primary" loading={busy} onClick={issue}>
            {say.tokenIssue}
          </Button>
        </>
      ) : (
        <>
          <Copied label={say.deviceToken} text={token} />
          <p className={css.lead}>{say.tokenOnce}</p>
        </>
      )}
      {error !== null && <ErrorNote error={error} retry={issue} />}
    </>
  );
}

function Copied({ label, text }: { label: string; text: string }) {
  const say = useWords(orgWords);
  const { message } = App.useApp();
  return (
    <div className={css.once}>
      <span className={css.lead}>{label}</span>
      <output aria-label={label}>{text}</output>
      <Button size="small" icon={<CopyOutlined aria-hidden />} onClick={() => void navigator.clipboard.writeText(text).then(() => message.success(say.copied))}>
        {say.copy}
      </Button>
    </div>
  );
}
