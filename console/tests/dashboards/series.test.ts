import { describe, expect, it } from "vitest";
import { valueLabels } from "../../src/dashboards/axis";
import { judge } from "../../src/dashboards/palette";
import { align, buckets, gridOf, nameOf, stepOf, stretches } from "../../src/dashboards/series";
import { firstSpan, windowOf } from "../../src/dashboards/span";

const line = (labels: Record<string, string>, value: number) => ({ name: "", labels, values: [value] });

describe("series of a panel", () => {
  it("fills a legend's labels, and without one says what tells the series apart", () => {
    const labels = { __name__: "up", job: "relay", pack: "musd" };
    expect(nameOf("{{job}} of {{ nobody }}", labels, "Up")).toBe("relay of");
    expect(nameOf("", labels, "Up")).toBe("relay");
    expect(nameOf("", { __name__: "up" }, "Up")).toBe("Up");
  });

  it("leaves a gap where a series has no sample, and where a sample is not a number", () => {
    const answer = {
      status: "success",
      data: { resultType: "matrix" as const, result: [{ metric: {}, values: [[10, "1"], [30, "NaN"], [40, "4"]] as [number, string][] }] },
    };
    expect(align(answer, 10, 40, 10, "", "x")).toEqual({
      times: [10, 20, 30, 40],
      lines: [{ name: "x", labels: {}, values: [1, null, null, 4] }],
    });
  });

  it("ends a live window at the step that holds the present, and a fixed one where it was asked to end", () => {
    expect(gridOf(1_000, 87_400, true, 160)).toEqual({ start: 1_200, end: 87_600, step: 600 });
    expect(gridOf(1_000, 87_400, false, 160)).toEqual({ start: 1_200, end: 87_000, step: 600 });
    // The window moved on by less than a step: the same points.
    expect(gridOf(1_100, 87_500, true, 160)).toEqual(gridOf(1_000, 87_400, true, 160));
    expect(gridOf(1_001, 1_001, false, 160).end).toBeGreaterThanOrEqual(gridOf(1_001, 1_001, false, 160).start);
  });

  it("shows first the shortest span that holds every sample there is, at most the board's own", () => {
    const now = Date.parse("2026-01-02T00:00:00Z") / 1000;
    expect(firstSpan(21_600, "2026-01-01T23:57:00Z", now)).toBe(900);
    expect(firstSpan(21_600, "2026-01-01T22:00:00Z", now)).toBe(21_600);
    expect(firstSpan(3_600, "2025-01-01T00:00:00Z", now)).toBe(3_600);
    expect(firstSpan(21_600, null, now)).toBe(21_600);
  });

  it("asks in steps that people think in, never finer than the points it may have", () => {
    expect(stepOf(3600, 160)).toBe(30);
    expect(stepOf(86_400, 160)).toBe(600);
    expect(stepOf(60, 160)).toBe(1);
  });

  it("takes the differences of cumulative counts", () => {
    const lines = [line({ le: "+Inf" }, 10), line({ le: "5" }, 4), line({ le: "60" }, 9)];
    expect(buckets(lines)).toEqual([
      { bound: "5", count: 4 },
      { bound: "60", count: 5 },
      { bound: "+Inf", count: 1 },
    ]);
  });

  it("joins equal neighbours to one stretch of a state", () => {
    expect(stretches([0, 10, 20, 30], [1, 1, 0, 0])).toEqual([
      { from: 0, to: 20, value: 1 },
      { from: 20, to: 30, value: 0 },
    ]);
  });
});

describe("what a panel says of a value", () => {
  const panel = {
    thresholds: [
      { from: null, color: "red" },
      { from: 0.9, color: "yellow" },
      { from: 0.99, color: "green" },
    ],
    values: [{ value: "1", text: "open", color: null }],
  };
  it("takes the highest threshold that is reached", () => {
    expect(judge(panel, 0.5).color.word).toBe("critical");
    expect(judge(panel, 0.9).color.word).toBe("attention");
    expect(judge(panel, 0.995).color.word).toBe("good");
  });
  it("says the word of a value and the colour of its threshold", () => {
    expect(judge(panel, 1)).toMatchObject({ text: "open", color: { word: "good" } });
  });
  it("never calls a missing value good", () => {
    expect(judge({ thresholds: [{ from: null, color: "green" }], values: [] }, null).color.word).toBe("");
  });
});

describe("axes", () => {
  it("gives neighbours enough digits to differ, and all the same number of them", () => {
    expect(valueLabels([1.075, 1.08, 1.085], "ratio")).toEqual(["107.5 %", "108.0 %", "108.5 %"]);
    expect(valueLabels([0, 2_000_000, 4_000_000], "musd")).toEqual(["0M", "2M", "4M"]);
    expect(valueLabels([4_000_000, 4_050_000], "musd")).toEqual(["4.00M", "4.05M"]);
  });
  it("reads the window of time from the address", () => {
    expect(windowOf(new URLSearchParams("span=900"), 60)).toEqual({ span: 900, from: 0, to: 0 });
    expect(windowOf(new URLSearchParams("from=10&to=20"), 60)).toEqual({ span: null, from: 10, to: 20 });
    expect(windowOf(new URLSearchParams("from=20&to=10"), 60).span).toBe(60);
  });
});
