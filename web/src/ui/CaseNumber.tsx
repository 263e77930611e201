// A case's number: wherever it stands it leads to the case; and the box to go to one by its number.

import { FolderOpenOutlined } from "@ant-design/icons";
import { Input } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { uiWords } from "./words";

const NUMBER_MAX_CHARS = 64;

export function CaseNumber({ number, apart }: { number: string; apart?: boolean }) {
  const say = useWords(uiWords).cases;
  return (
    <Link className="num" to={paths.case(number)} title={say.open(number)} data-case={number} {...(apart ? { target: "_blank" } : {})}>
      {number}
    </Link>
  );
}

/** Several, as a list in a line. */
export function CaseNumbers({ numbers }: { numbers: readonly string[] }) {
  return numbers.map((number, at) => (
    <span key={number}>
      {at > 0 && "、"}
      <CaseNumber number={number} />
    </span>
  ));
}

/** Beside a form: looks at the case that is being typed, in a page of its own, so that the form stays as it is. */
export function CaseLookup({ number }: { number: string | undefined }) {
  const say = useWords(uiWords).cases;
  const typed = number?.trim() ?? "";
  if (typed === "") return null;
  return (
    <Link to={paths.case(typed)} target="_blank">
      <FolderOpenOutlined aria-hidden /> {say.look}
    </Link>
  );
}

export function CaseSearch({ value = "", className }: { value?: string; className?: string | undefined }) {
  const say = useWords(uiWords).cases;
  const navigate = useNavigate();
  const [typed, setTyped] = useState(value);
  return (
    <Input.Search
      className={className ?? ""}
      style={{ width: 260, maxWidth: "100%" }}
      aria-label={say.search}
      placeholder={say.hint}
      allowClear
      maxLength={NUMBER_MAX_CHARS}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onSearch={(number) => {
        if (number.trim() !== "") void navigate(paths.case(number.trim()));
      }}
    />
  );
}
