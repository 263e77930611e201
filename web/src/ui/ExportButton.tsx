// Takes the list as it is filtered now to a file.

import { DownloadOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useWords } from "@/lib/language";
import { uiWords } from "./words";

/** `href`: the address of the export, for example `address("/sessions.csv", filter)`. */
export function ExportButton({ href, disabled }: { href: string; disabled?: boolean }) {
  const say = useWords(uiWords);
  return (
    <Button icon={<DownloadOutlined aria-hidden />} href={disabled ? undefined : href} disabled={disabled ?? false} download>
      {say.export}
    </Button>
  );
}
