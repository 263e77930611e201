// The bar at the bottom: what one sends, how one speaks, freezing, leaving, ending. Each has its key.

import {
  AudioMutedOutlined,
  AudioOutlined,
  AuditOutlined,
  BgColorsOutlined,
  CameraOutlined,
  DesktopOutlined,
  EyeInvisibleOutlined,
  LogoutOutlined,
  PhoneOutlined,
  VideoCameraAddOutlined,
  VideoCameraOutlined,
} from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Modal } from "antd";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { assists, marks, sessions } from "@/api/calls";
import { withMark } from "@/api/marks";
import { holdsAny, useMe } from "@/api/me";
import { queries } from "@/api/queries";
import type { AssistView, PartyView } from "@/api/types";
import { freeze, noFrame } from "@/lib/freeze";
import { issuing } from "@/lib/issuing";
import { useKeys } from "@/lib/keys";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import type { Call, Sends } from "@/live/call";
import { ErrorNote } from "@/ui/ErrorNote";
import { useCallView, useOthers } from "./hooks";
import css from "./session.module.css";
import { sessionWords } from "./words";

const NOTE_MAX = 200;

interface Props {
  assist: AssistView;
  call: Call;
  own: PartyView | undefined;
  /** Whether it was done; a refusal is shown by the room. */
  act(what: () => Promise<AssistView>): Promise<boolean>;
  board(frame: string | null): void;
  fail(error: unknown): void;
}

export function Controls({ assist, call, own, act, board, fail }: Props) {
  const say = useWords(sessionWords);
  const me = useMe();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { wants, fault } = useCallView(call);
  const { others } = useOthers(call);
  const id = assist.session.id;
  const [ending, setEnding] = useState(false);
  const [freezing, setFreezing] = useState(false);
  const frames = useQuery(queries.marks("account", id)).data?.frames ?? [];
  const speaks = own !== undefined && own.mode !== "watch";
  const whispers = own?.mode === "whisper";
  const seen = others.find((other) => other.identity === assist.station.id)?.picture ?? false;
  const directs = holdsAny(me, ["directives.issue"]);
  const mayEnd = own !== undefined || holdsAny(me, ["requests.manage"]);

  const turn = (what: Sends) => call.want(what, !wants[what]);
  const freezeNow = async () => {
    setFreezing(true);
    try {
      const frozen = await freeze(call.others.element(assist.station.id));
      if (!frozen) throw noFrame();
      const frame = await marks("account").freeze(id, assist.station.id, frozen.at, frozen.image);
      client.setQueryData(queries.marks("account", id).queryKey, (old) => old && withMark(old, { frame }));
      board(frame.id);
    } catch (error) {
      fail(error);
    }
    setFreezing(false);
  };
  const direct = async () => {
    const now = seen ? await freeze(call.others.element(assist.station.id)) : null;
    issuing.set({ place: `${assist.session.site?.name ?? ""} · ${assist.session.number}`, session_id: id, picture: now?.image ?? null });
  };
  const whisper = () => void act(() => assists.setMode(id, whispers ? "join" : "whisper"));
  const leave = async () => {
    // Refused, one still attends: the page must not say otherwise.
    if (await act(() => assists.remove(id, me.account.id))) void navigate(paths.home);
  };

  useKeys({
    ...(speaks ? { m: () => turn("microphone"), v: () => turn("camera"), s: () => turn("screen"), w: whisper } : {}),
    ...(directs ? { d: () => void direct() } : {}),
    ...(speaks && seen ? { f: () => void freezeNow() } : {}),
  });

  return (
    <>
      {fault && (
        <p role="alert" className={css.fault}>
          {say.faultOf(say[fault.what === "screen" ? "share" : fault.what], say.fault[fault.why])}
        </p>
      )}
      {whispers && <p className={css.whisperNote}>{assist.earphones ? say.whisperEarphones : say.whisperNote}</p>}
      <div className={css.controls} role="toolbar" aria-label={say.bar}>
        {speaks && (
          <>
            <Control on={wants.microphone} icon={wants.microphone ? <AudioOutlined aria-hidden /> : <AudioMutedOutlined aria-hidden />} label={wants.microphone ? say.microphone : say.microphoneOff} hint="M" act={() => turn("microphone")} />
            <Control on={wants.camera} icon={wants.camera ? <VideoCameraOutlined aria-hidden /> : <VideoCameraAddOutlined aria-hidden />} label={wants.camera ? say.camera : say.cameraOff} hint="V" act={() => turn("camera")} />
            <Control on={wants.screen} icon={<DesktopOutlined aria-hidden />} label={wants.screen ? say.sharing : say.share} hint="S" act={() => turn("screen")} />
            <Control on={whispers} icon={<EyeInvisibleOutlined aria-hidden />} label={whispers ? say.whispering : say.whisper} hint="W" act={whisper} />
            <Control icon={<CameraOutlined aria-hidden />} label={say.freeze} hint="F" busy={freezing} off={!seen} act={() => void freezeNow()} />
          </>
        )}
        {frames.length > 0 && <Control icon={<BgColorsOutlined aria-hidden />} label={`${say.boards} ${frames.length}`} act={() => board(frames.at(-1)?.id ?? null)} />}
        {directs && <Control icon={<AuditOutlined aria-hidden />} label={say.direct} hint="D" act={() => void direct()} />}
        <span className={css.spring} />
        {own && !own.leads && <Control icon={<LogoutOutlined aria-hidden />} label={say.leave} act={() => void leave()} />}
        {mayEnd && <Control danger icon={<PhoneOutlined aria-hidden rotate={225} />} label={say.end} act={() => setEnding(true)} />}
      </div>
      {ending && <Ending assist={assist} close={() => setEnding(false)} />}
    </>
  );
}

function Control({ icon, label, hint, on, off, busy, danger, act }: { icon: ReactNode; label: string; hint?: string; on?: boolean; off?: boolean; busy?: boolean; danger?: boolean; act: () => void }) {
  const say = useWords(sessionWords);
  return (
    <Button
      className={css.control ?? ""}
      size="large"
      icon={icon}
      danger={danger ?? false}
      type={danger ? "primary" : "default"}
      loading={busy ?? false}
      disabled={off ?? false}
      aria-label={label}
      title={hint ? `${label} · ${say.key(hint)}` : label}
      {...(on === undefined ? {} : { "aria-pressed": on })}
      onClick={act}
    >
      <span className={css.label}>{label}</span>
    </Button>
  );
}

function Ending({ assist, close }: { assist: AssistView; close: () => void }) {
  const say = useWords(sessionWords);
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const end = async ({ note = "" }: { note?: string }) => {
    setBusy(true);
    setError(null);
    try {
      await sessions.end(assist.session.id, note.trim());
      close();
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
    void client.invalidateQueries({ queryKey: ["assists", assist.session.id] });
  };
  return (
    <Modal open title={say.endTitle} footer={null} onCancel={close} width={440}>
      <p className={css.dim}>{say.endLead}</p>
      <Form layout="vertical" requiredMark={false} onFinish={(typed: { note?: string }) => void end(typed)}>
        <Form.Item name="note" label={say.endNote}>
          <Input.TextArea autoFocus autoSize={{ minRows: 2, maxRows: 5 }} maxLength={NOTE_MAX} showCount placeholder={say.endHint} />
        </Form.Item>
        {error !== null && <ErrorNote error={error} />}
        <div className={css.buttons}>
          <Button danger type="primary" htmlType="submit" loading={busy}>
            {say.end}
          </Button>
          <Button onClick={close}>{say.cancel}</Button>
        </div>
      </Form>
    </Modal>
  );
}
