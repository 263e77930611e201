// Nothing here yet: says so, and names the next step.

import { InboxOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";
import css from "./blocks.module.css";

export function EmptyState({ title, next, icon, children }: { title: ReactNode; next?: ReactNode; icon?: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      {icon ?? <InboxOutlined aria-hidden />}
      <strong>{title}</strong>
      {next && <p>{next}</p>}
      {children && <div>{children}</div>}
    </div>
  );
}
