import { expect, it } from "vitest";
import type { Rehearsal } from "../../src/api/contract";
import { linesOf, stretchesOf } from "../../src/rehearsals/scores";

it("draws each phase from the end of the one before, and none that did not come about", () => {
  expect(stretchesOf({ detected: 1000, decided: null, contained: 4000, restored: null })).toEqual([
    { phase: "detected", from: 0, to: 1000 },
    { phase: "contained", from: 1000, to: 4000 },
  ]);
});

it("charts the oldest first, in seconds, with a gap for what did not come about", () => {
  const one = (startedAt: string, contained: number | null) =>
    ({ startedAt, milliseconds: { detected: null, decided: null, contained, restored: null } }) as Rehearsal;
  const { times, lines } = linesOf([one("2026-01-02T00:00:00Z", null), one("2026-01-01T00:00:00Z", 2500)]);
  expect(times).toEqual([1767225600, 1767312000]);
  expect(lines.map(({ name }) => name)).toEqual(["detected", "decided", "contained", "restored"]);
  expect(lines[2]?.values).toEqual([2.5, null]);
});
