// The rules of passwords, ticked off while one types.

import { CheckCircleFilled, MinusCircleOutlined } from "@ant-design/icons";
import { useWords } from "@/lib/language";
import { weaknesses, type Weakness } from "@/lib/password";
import css from "./blocks.module.css";
import { uiWords } from "./words";

/** The rule about too long passwords is only shown to whom it concerns. */
const SHOWN: readonly Weakness[] = ["short", "upper", "lower", "digit", "other", "name"];

export function PasswordRules({ password, account }: { password: string; account: string }) {
  const say = useWords(uiWords).rules;
  const lacking = weaknesses(password, account);
  const rules = lacking.includes("long") ? [...SHOWN, "long" as const] : SHOWN;
  return (
    <ul className={css.rules} aria-label={say.title}>
      {rules.map((rule) => {
        const kept = password !== "" && !lacking.includes(rule);
        return (
          <li key={rule} data-kept={kept}>
            {kept ? <CheckCircleFilled aria-hidden /> : <MinusCircleOutlined aria-hidden />} {say[rule]}
          </li>
        );
      })}
    </ul>
  );
}
