// The red alarm of an empty shift, in the bar of every room: nobody would be rung.

import { AlertOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { queries } from "@/api/queries";
import { useWords } from "@/lib/language";
import { paths } from "@/lib/paths";
import { appWords } from "../words";
import css from "./shell.module.css";

export function DutyAlarm() {
  const say = useWords(appWords);
  const { data } = useQuery(queries.dutyNow(null));
  if (!data?.alarm) return null;
  return (
    <Link to={paths.duty} className={css.alarm} role="alert" title={say.noOperatorAt(data.unit.name)} data-duty-alarm>
      <AlertOutlined aria-hidden />
      <span>{say.noOperator}</span>
    </Link>
  );
}
