import { expect, it } from "vitest";
import { exportPath, placeOf } from "../../src/audit/scope";

it("exports everything where nothing is named, and else exactly what is", () => {
  const none = { from: "", to: "", protocol: "", incident: "", operator: "" };
  expect(exportPath(none)).toBe("/api/audit/export");
  expect(exportPath({ ...none, protocol: "musd", operator: "a&b" })).toBe("/api/audit/export?protocol=musd&operator=a%26b");
  const from = new Date("2026-01-01T00:00:00").toISOString();
  expect(exportPath({ ...none, from: "2026-01-01" })).toBe(`/api/audit/export?from=${encodeURIComponent(from)}`);
});

it("leads from a subject to its page", () => {
  expect(placeOf(`0x${"ab".repeat(32)}`)).toBe(`/plans/0x${"ab".repeat(32)}`);
  expect(placeOf("run_1")).toBe("/runs/run_1");
  expect(placeOf("tx_1")).toBeNull();
});
