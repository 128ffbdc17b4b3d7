import { useQuery } from "@tanstack/react-query";
import { useConnection } from "../api/live";
import { overview } from "../api/queries";
import { group, span } from "../kit/format";
import { useNow } from "../kit/now";
import classes from "./LiveBlock.module.css";

/** The head of each chain, ticking; its lag once that is more than noise. */
export function LiveBlock() {
  const connection = useConnection();
  const { data } = useQuery(overview);
  const now = useNow();
  const chains = [
    ...new Map((data?.packs ?? []).flatMap((pack) => pack.chains).map((chain) => [chain.chainId, chain])).values(),
  ];
  return (
    <div className={classes.blocks}>
      {chains.slice(0, 3).map((chain) => {
        const lag = chain.head ? now - Date.parse(chain.head.time) : null;
        const late = lag === null || lag > 60_000 || connection === "lost";
        return (
          <span key={chain.chainId} className={classes.block} title={`${chain.name} (${chain.chainId})`}>
            <span key={chain.head?.number} className={classes.dot} data-late={late || undefined} aria-hidden />
            <span className={classes.chain}>{chain.name}</span>
            <strong>{chain.head ? group(chain.head.number) : "no block"}</strong>
            {late && lag !== null && <span className={classes.late}>{span(lag)} behind</span>}
          </span>
        );
      })}
    </div>
  );
}
