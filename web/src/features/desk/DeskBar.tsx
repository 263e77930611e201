// What stands over the columns: search, one's own only, marking several, and the ways to the past and to the cards.

import { BookOutlined, CheckSquareOutlined, HistoryOutlined, QuestionCircleOutlined } from "@ant-design/icons";
import { Button, Input, Switch, type InputRef } from "antd";
import { memo, type Ref } from "react";
import { useNavigate } from "react-router";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { PageHeader } from "@/ui/PageHeader";
import css from "./desk.module.css";
import { deskWords } from "./words";

interface Props {
  search: Ref<InputRef>;
  typed: string;
  type(text: string): void;
  mine: boolean;
  turnMine(on: boolean): void;
  marking: boolean;
  turnMarking(): void;
  help(): void;
}

/** Not drawn anew with the columns below it. */
export const DeskBar = memo(function DeskBar({ search, typed, type, mine, turnMine, marking, turnMarking, help }: Props) {
  const say = useWords(deskWords);
  const navigate = useNavigate();
  return (
    <PageHeader title={say.title} about={say.about}>
      <Input.Search
        ref={search}
        className={css.search}
        allowClear
        placeholder={say.search}
        value={typed}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        aria-label={say.search}
      />
      <label className={css.mine}>
        <Switch size="small" checked={mine} onChange={turnMine} /> {say.mine}
      </label>
      <Button icon={<CheckSquareOutlined aria-hidden />} type={marking ? "primary" : "default"} onClick={turnMarking}>
        {marking ? say.done : say.select}
      </Button>
      <Button icon={<HistoryOutlined aria-hidden />} onClick={() => void navigate(paths.pastRequests)}>
        {say.history}
      </Button>
      <Button icon={<BookOutlined aria-hidden />} onClick={() => void navigate(paths.cards)}>
        {say.cards.title}
      </Button>
      <Button type="text" aria-label={say.keys.help} icon={<QuestionCircleOutlined aria-hidden />} onClick={help} />
    </PageHeader>
  );
});
