import { useQuery } from "@tanstack/react-query";
import { requests } from "../api/queries";
import { Subpages } from "../kit/Subpages";
import { useMay } from "./me";

export function OperatorPages() {
  const decides = useMay("operators.approve");
  const reviews = useMay("access.review");
  const { data } = useQuery({ ...requests, enabled: decides });
  return (
    <Subpages
      label="Operators"
      pages={[
        { to: "/operators", text: "You" },
        { to: "/operators/people", text: "People" },
        ...(decides
          ? [
              {
                to: "/operators/requests",
                text: "Requests",
                count: (data ?? []).filter((request) => request.state === "pending").length,
              },
            ]
          : []),
        ...(reviews ? [{ to: "/operators/review", text: "Access review" }] : []),
      ]}
    />
  );
}
