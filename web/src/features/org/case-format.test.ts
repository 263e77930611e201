import { expect, test } from "vitest";
import { fitOf, normalise } from "./case-format";

test("spellings of one number are one, as at the server", () => {
  for (const spelling of ["晋医人调字[2019]011号", "晋医人调字〔2019〕011号", "晋医人调字（2019）11号", " 晋医人调字【２０１９】 011 号 "]) {
    expect(normalise(spelling)).toBe("晋医人调字(2019)11号");
  }
  expect(normalise("晋医人调字[2019]110号")).toBe("晋医人调字(2019)110号");
  expect(normalise("第000号")).toBe("第0号");
  expect(normalise("第1001号")).toBe("第1001号");
  expect(normalise("号")).toBe("号");
});

test("a format is told whether it takes its example, whole", () => {
  expect(fitOf(String.raw`.+人调字\(\d{4}\)\d+号`, "晋医人调字[2019]011号")).toBe("fits");
  expect(fitOf(String.raw`人调字\(\d{4}\)\d+号`, "晋医人调字[2019]011号")).toBe("unlike");
  expect(fitOf(String.raw`\p{Han}{1,8}援\(\d{4}\)\p{Han}{0,4}字?第?\d{1,6}号`, "津丽法援〔2026〕民字第012号")).toBe("fits");
  expect(fitOf(String.raw`[0-9A-Z\p{Han}()-]{2,64}`, "咨询2026-001")).toBe("fits");
  expect(fitOf("(", "晋医人调字[2019]011号")).toBe("untold");
});
