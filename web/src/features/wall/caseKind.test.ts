import { expect, test } from "vitest";
import { kindOf } from "./caseKind";

test("the examples of the district's patterns tell their kinds", () => {
  expect(kindOf("晋医人调字[2019]011号")).toBe("mediation");
  expect(kindOf("津丽法援〔2026〕民字第012号")).toBe("legal_aid");
  expect(kindOf("(2026)津东丽证字第123号")).toBe("notary");
  expect(kindOf("津丽矫字[2026]第15号")).toBe("correction");
  expect(kindOf("12345202611240001")).toBe("hotline");
  expect(kindOf("津司鉴[2026]临鉴字第8号")).toBe("appraisal");
  expect(kindOf("2026-001")).toBeNull();
});
