import { useQuery } from "@tanstack/react-query";
import { notifications, silences } from "../api/queries";
import { Subpages } from "../kit/Subpages";

export function AlertPages() {
  const { data: all } = useQuery(silences);
  const { data: told } = useQuery(notifications);
  const failing = (told?.plans ?? [])
    .flatMap((plan) => plan.receivers)
    .flatMap((receiver) => receiver.channels)
    .filter((channel) => channel.failing).length;
  return (
    <Subpages
      label="Alerts"
      pages={[
        { to: "/alerts", text: "Alerts" },
        {
          to: "/alerts/silences",
          text: "Silences",
          count: (all ?? []).filter((silence) => silence.status.state === "active").length,
        },
        { to: "/alerts/notifications", text: failing > 0 ? "Notifications: a channel fails" : "Notifications" },
      ]}
    />
  );
}
