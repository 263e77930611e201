// The head of a room: what this is, a line about it, and what can be done here.

import type { ReactNode } from "react";
import css from "./blocks.module.css";

/** The room's body, with calm margins. */
export function PageBody({ children }: { children: ReactNode }) {
  return <div className={css.page}>{children}</div>;
}

export function PageHeader({ title, about, children }: { title: ReactNode; about?: ReactNode; children?: ReactNode }) {
  return (
    <header className={css.header}>
      <div>
        <h1>{title}</h1>
        {about && <p>{about}</p>}
      </div>
      {children && <div className={css.actions}>{children}</div>}
    </header>
  );
}
