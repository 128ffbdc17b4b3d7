import { createConfig } from "ponder";
import { Token } from "./abi";

// Ponder limits its own requests for each URL. One node under many URLs lifts that limit by configuration alone.
const node = process.env.BENCH_RPC!;
const urls = Number(process.env.BENCH_URLS ?? "1");
const rpc = urls === 1 ? node : Array.from({ length: urls }, (_, i) => `${node}/?u=${i}`);

export default createConfig({
  database: { kind: "postgres", connectionString: process.env.BENCH_DATABASE! },
  chains: { devnet: { id: 31337, rpc } },
  contracts: {
    Token: {
      chain: "devnet",
      abi: Token,
      address: process.env.BENCH_TOKEN as `0x${string}`,
      startBlock: 1,
      endBlock: Number(process.env.BENCH_TO),
    },
  },
});
