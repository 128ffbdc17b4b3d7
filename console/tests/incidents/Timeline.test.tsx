import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { Timeline } from "../../src/incidents/Timeline";

it("shows the newest entry first, who did it, and links to the run it is about", () => {
  render(
    <MantineProvider>
      <MemoryRouter>
        <Timeline
          entries={[
            { at: "2026-01-01T00:00:00Z", kind: "opened", actor: "system:incidents", text: "first", ref: null },
            { at: "2026-01-01T00:00:05Z", kind: "run", actor: "operator:alice", text: "second", ref: "run_1" },
          ]}
        />
      </MemoryRouter>
    </MantineProvider>,
  );
  const entries = screen.getAllByRole("listitem");
  expect(entries[0]?.textContent).toContain("second");
  expect(entries[0]?.textContent).toContain("alice");
  expect(screen.getByRole("link", { name: "open" }).getAttribute("href")).toBe("/runs/run_1");
});
