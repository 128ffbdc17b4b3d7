// How many Transfer logs viem decodes in a second on one core. Usage: node decode.mjs RPC TOKEN TO
import { decodeEventLog, parseAbi } from "viem";

const [rpc, token, to] = process.argv.slice(2);
const abi = parseAbi(["event Transfer(address indexed from, address indexed to, uint256 value)"]);
const logs = [];
for (let from = 1; from <= Number(to); from += 20) {
  const filter = { address: token, fromBlock: `0x${from.toString(16)}`, toBlock: `0x${Math.min(Number(to), from + 19).toString(16)}` };
  const answer = await fetch(rpc, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_getLogs", params: [filter] }),
  });
  for (const { topics, data } of (await answer.json()).result) logs.push({ topics, data });
}

const seconds = [];
for (let round = 0; round < 5; round++) {
  const start = performance.now();
  let sum = 0n;
  for (const log of logs) sum += decodeEventLog({ abi, topics: log.topics, data: log.data }).args.value;
  seconds.push((performance.now() - start) / 1000);
  if (sum === 0n) throw new Error("nothing was decoded");
}
seconds.sort((a, b) => a - b);
console.log(JSON.stringify({ events: logs.length, eventsPerSecond: logs.length / seconds[2] }));
