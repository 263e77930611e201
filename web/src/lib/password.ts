// The rules of passwords, as the server has them (GB/T 22239), so that the form says what is missing while one types.

export const MIN_CHARS = 8;
export const MAX_CHARS = 128;

export type Weakness = "short" | "long" | "upper" | "lower" | "digit" | "other" | "name";

/** Everything that the password still lacks. */
export function weaknesses(password: string, account: string): Weakness[] {
  const chars = [...password];
  const found: Weakness[] = [];
  if (chars.length < MIN_CHARS) found.push("short");
  if (chars.length > MAX_CHARS) found.push("long");
  if (!/[A-Z]/.test(password)) found.push("upper");
  if (!/[a-z]/.test(password)) found.push("lower");
  if (!/[0-9]/.test(password)) found.push("digit");
  if (!chars.some((c) => !/[A-Za-z0-9]/.test(c) && !/\p{Cc}/u.test(c))) found.push("other");
  if ([...account].length >= 4 && password.toLowerCase().includes(account.toLowerCase())) found.push("name");
  return found;
}

const CLASSES = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "-+=#%"] as const;
const LENGTH = 12;

/** A password that keeps the rules, without letters that are mistaken for each other. `draw(n)`: an even draw from 0 to n-1. */
export function makePassword(draw: (n: number) => number): string {
  const pick = (set: string) => set.charAt(draw(set.length));
  const chars = CLASSES.map(pick);
  const all = CLASSES.join("");
  while (chars.length < LENGTH) chars.push(pick(all));
  for (let i = chars.length - 1; i > 0; i--) {
    const j = draw(i + 1);
    [chars[i], chars[j]] = [chars[j] ?? "", chars[i] ?? ""];
  }
  return chars.join("");
}
