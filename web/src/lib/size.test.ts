import { expect, test } from "vitest";
import { sizeText } from "./size";

test("sizes are short", () => {
  expect([0, 812, 1536, 20 * 1024 * 1024, 150 * 1024].map(sizeText)).toEqual(["0 B", "812 B", "1.5 KiB", "20.0 MiB", "150 KiB"]);
});
