// Pictures that are kept, and a field that takes new ones: shown at once, taken out again by a click.

import { CloseOutlined, PictureOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useMemo, useRef } from "react";
import css from "./blocks.module.css";

export interface Kept {
  id: string;
  href: string;
  title: string;
}

export function Pictures({ kept }: { kept: readonly Kept[] }) {
  return (
    <div className={css.pictures}>
      {kept.map((one) => (
        <a key={one.id} href={one.href} target="_blank" rel="noreferrer" title={one.title}>
          <img src={one.href} alt={one.title} loading="lazy" />
        </a>
      ))}
    </div>
  );
}

interface FieldProps {
  chosen: readonly Blob[];
  most: number;
  label: string;
  remove: string;
  add(files: File[]): void;
  drop(picture: Blob): void;
}

export function PictureField({ chosen, most, label, remove, add, drop }: FieldProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={css.pictures}>
      {chosen.map((picture, at) => (
        <Preview key={at} picture={picture} remove={remove} drop={() => drop(picture)} />
      ))}
      {chosen.length < most && (
        <Button icon={<PictureOutlined aria-hidden />} onClick={() => input.current?.click()}>
          {label}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label={label}
        onChange={(event) => {
          add([...(event.target.files ?? [])].slice(0, most - chosen.length));
          event.target.value = "";
        }}
      />
    </div>
  );
}

function Preview({ picture, remove, drop }: { picture: Blob; remove: string; drop: () => void }) {
  const address = useMemo(() => URL.createObjectURL(picture), [picture]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <span>
      <img src={address} alt="" />
      <Button size="small" type="text" aria-label={remove} icon={<CloseOutlined aria-hidden />} onClick={drop} />
    </span>
  );
}
