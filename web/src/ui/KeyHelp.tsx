// Which keys do what, shown by `?`.

import { Modal } from "antd";
import { Fragment, useState } from "react";
import css from "./blocks.module.css";

export interface KeyLine {
  keys: string[];
  does: string;
}

export function KeyHelp({ open, onClose, title, lines }: { open: boolean; onClose: () => void; title: string; lines: KeyLine[] }) {
  // Before it is asked for the first time it is not there: a dialog, closed too, is drawn with each change of the room behind it.
  const [asked, setAsked] = useState(open);
  if (open && !asked) setAsked(true);
  if (!asked) return null;
  return (
    <Modal open={open} onCancel={onClose} title={title} footer={null} width={440} destroyOnHidden>
      <dl className={css.keys}>
        {lines.map((line) => (
          <Fragment key={line.does}>
            <dt>
              {line.keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{line.does}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  );
}
