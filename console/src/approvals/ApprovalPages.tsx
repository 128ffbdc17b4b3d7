import { useQuery } from "@tanstack/react-query";
import { brokenGlass, standing } from "../api/queries";
import { Subpages } from "../kit/Subpages";

export function ApprovalPages() {
  const { data: grants } = useQuery(standing);
  const { data: broken } = useQuery(brokenGlass);
  return (
    <Subpages
      label="Approvals"
      pages={[
        {
          to: "/approvals/standing",
          text: "Standing approvals",
          count: (grants ?? []).filter((grant) => grant.state === "pending").length,
        },
        {
          to: "/approvals/break-glass",
          text: "Break-glass",
          count: (broken ?? []).filter((glass) => !glass.reviewed).length,
        },
      ]}
    />
  );
}
