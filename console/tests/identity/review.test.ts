import { expect, it } from "vitest";
import type { AccessReview } from "../../src/api/contract";
import { csvOf } from "../../src/identity/review";

it("quotes what a table would break on, and defuses what a spreadsheet would run", () => {
  const row = {
    id: "eve", name: '=HYPERLINK("x")', roles: ["viewer", "admin"], permissions: [], createdAt: "", lastSeenAt: null,
    expiresAt: null, removedAt: null, removedBy: null, credentials: 1, sessions: 0, tokens: 0, approvals: 0,
    requestedBy: null, approvedBy: null, justification: "one, two", remarks: ["a", "b"],
  };
  const review: AccessReview = { at: "", lastReviewedAt: null, lastReviewedBy: null, dueAt: "", operators: [row] };
  const [, line] = csvOf(review).split("\r\n");
  expect(line).toBe(`eve,"'=HYPERLINK(""x"")",viewer admin,,,,,,1,0,0,0,,,"one, two",a; b`);
});
