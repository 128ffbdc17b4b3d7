import { IconAlertOctagonFilled, IconAlertTriangleFilled, IconCircleCheckFilled } from "@tabler/icons-react";
import type { Overview } from "../api/contract";
import type { Tone } from "../kit/Chip";
import { plural } from "../kit/format";

/** The one sentence that a person woken at night reads first. */
export function verdict(data: Overview): {
  word: string;
  text: string;
  tone: Tone;
  icon: typeof IconCircleCheckFilled;
} {
  const down = data.packs.flatMap((pack) => pack.services).filter((service) => service.up === false);
  const paused = data.packs.flatMap((pack) => pack.contracts).filter((contract) => contract.paused);
  const parts = [
    data.firing.length > 0 && `${plural(data.firing.length, "alert")} firing`,
    data.openIncidents.length > 0 && `${plural(data.openIncidents.length, "open incident")}`,
    paused.length > 0 && `${plural(paused.length, "contract")} paused`,
    down.length > 0 && `${plural(down.length, "service")} down`,
  ].filter(Boolean);
  if (data.firing.some((alert) => ["critical", "high"].includes(alert.severity.toLowerCase())))
    return { word: "Act now", text: parts.join(" · "), tone: "critical", icon: IconAlertOctagonFilled };
  if (parts.length > 0)
    return { word: "Attention", text: parts.join(" · "), tone: "warning", icon: IconAlertTriangleFilled };
  return {
    word: "All quiet",
    text: "Nothing fires, nothing is paused, every service answers.",
    tone: "ok",
    icon: IconCircleCheckFilled,
  };
}
