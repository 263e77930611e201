// Chinese first, English complete: the language in use, and dictionaries that must have the same shape in both.

import { useSyncExternalStore } from "react";
import { keptForAll } from "./kept";
import { Store } from "./store";

export type Language = "zh" | "en";

const kept = keptForAll("lianxian.language");
const current = new Store<Language>(kept.get() === "en" ? "en" : "zh");

export function setLanguage(language: Language): void {
  kept.set(language);
  current.set(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

export function languageNow(): Language {
  return current.getSnapshot();
}

export function useLanguage(): Language {
  return useSyncExternalStore(current.subscribe, current.getSnapshot);
}

type Word = string | ((...values: never[]) => string);
interface Dictionary {
  [key: string]: Word | Dictionary;
}
type SameShape<T> = { [K in keyof T]: T[K] extends string ? string : T[K] extends (...values: never[]) => string ? T[K] : SameShape<T[K]> };

export interface Words<T> {
  zh: T;
  en: T;
}

/** A feature's words. The compiler refuses a dictionary whose English lacks a key of the Chinese. */
export function words<const T extends Dictionary>(zh: T, en: NoInfer<SameShape<T>>): Words<SameShape<T>> {
  return { zh: zh as unknown as SameShape<T>, en };
}

export function useWords<T>(dictionary: Words<T>): T {
  return dictionary[useLanguage()];
}

/** A text that the server says in both languages. */
export function pick(language: Language, zh: string | null | undefined, en: string | null | undefined): string {
  return (language === "zh" ? zh : en) || zh || en || "";
}

/** Names in a row. */
export function listText(language: Language, names: readonly string[]): string {
  return names.join(language === "zh" ? "、" : ", ");
}
