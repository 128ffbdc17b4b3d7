import { describe, expect, it } from "vitest";
import { person, quantity, short, span } from "../../src/kit/format";

describe("format", () => {
  it("shortens a hash so that both ends can be compared", () => {
    expect(short(`0x${"ab".repeat(32)}`)).toBe("0xababab…abab");
    expect(short("0x8456cb59")).toBe("0x8456cb59");
  });

  it("says a span in at most two units", () => {
    expect(span(4_200)).toBe("4 s");
    expect(span(83_000)).toBe("1 min 23 s");
    expect(span(3 * 3_600_000 + 5 * 60_000)).toBe("3 h 05 min");
    expect(span(-5)).toBe("0 s");
  });

  it("shows a ratio as percent, a missing value as such, and never a zero for it", () => {
    expect(quantity(0.9812, "ratio")).toBe("98.12 %");
    expect(quantity(null, "musd")).toBe("no data");
    expect(quantity(100_412_000, "musd")).toBe("100.41M musd");
    expect(quantity(17, "events")).toBe("17");
    expect(quantity(1_000_000_001, "seconds")).toMatch(/Sept? .*:/);
  });

  it("calls an operator by name and says of others what they are", () => {
    expect(person("operator:alice")).toBe("alice");
    expect(person("system:alerts")).toBe("alerts (system)");
  });
});
