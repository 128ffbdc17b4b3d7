import { describe, expect, it } from "vitest";
import { holds, matcherOf, matchersFor, mutes, refusal, type Silence, silenceOf, textOf } from "../../src/alerts/silences";

const alert = { name: "SupplyOverCap", pack: "musd", labels: { severity: "critical", chain: "ethereum" } };
const at = (text: string) => new Date(`2026-01-01T${text}:00Z`);

describe("silences", () => {
  it("match by name and pack, and by the whole value of a pattern", () => {
    expect(mutes([matcherOf("alertname", "=", "SupplyOverCap"), matcherOf("pack", "=", "musd")], alert)).toBe(true);
    expect(mutes([matcherOf("alertname", "=~", "Supply")], alert)).toBe(false);
    expect(mutes([matcherOf("alertname", "=~", "Supply.*")], alert)).toBe(true);
    expect(mutes([matcherOf("chain", "!=", "ethereum")], alert)).toBe(false);
    expect(mutes([matcherOf("instance", "!~", "a|b")], alert)).toBe(true);
    expect(holds(matcherOf("chain", "=~", "("), alert.labels)).toBe(false);
    expect(mutes([], alert)).toBe(false);
  });

  it("are prefilled from an alert by everything but its severity, which may change", () => {
    expect(matchersFor(alert).map(textOf)).toEqual(['alertname="SupplyOverCap"', 'pack="musd"', 'chain="ethereum"']);
    expect(mutes(matchersFor(alert), alert)).toBe(true);
  });

  it("count only while they are active, and the longest is named", () => {
    const silence = (id: string, state: Silence["status"]["state"], endsAt: string): Silence => ({
      id, status: { state }, comment: "", createdBy: "", startsAt: "", endsAt, updatedAt: "",
      matchers: [matcherOf("pack", "=", "musd")],
    });
    expect(silenceOf(alert, [silence("a", "expired", "9"), silence("b", "pending", "8")])).toBeNull();
    expect(silenceOf(alert, [silence("a", "active", "1"), silence("b", "active", "2")])?.id).toBe("b");
  });

  it("are refused where they would mute everything, or end before they begin", () => {
    const [from, to, now] = [at("10:00"), at("12:00"), at("10:00")];
    expect(refusal([matcherOf("pack", "=", "musd")], from, to, now)).toBeNull();
    expect(refusal([], from, to, now)).toContain("everything");
    expect(refusal([matcherOf("pack", "=~", ".*")], from, to, now)).toContain("must be there");
    expect(refusal([matcherOf("a b", "=", "x")], from, to, now)).toContain("label");
    expect(refusal([matcherOf("pack", "=", "musd")], to, from, now)).toContain("after");
    expect(refusal([matcherOf("pack", "=", "musd")], at("08:00"), at("09:00"), now)).toContain("passed");
  });
});
