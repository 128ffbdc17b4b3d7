// Subsquid's processor over the benchmark's chain into PostgreSQL; ends with the last block.
require("reflect-metadata");
const { EvmBatchProcessor } = require("@subsquid/evm-processor");
const { TypeormDatabase } = require("@subsquid/typeorm-store");
const abi = require("@subsquid/evm-abi");
const codec = require("@subsquid/evm-codec");
const { Transfer } = require("./lib/model");

const TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";
const event = abi.event(TOPIC, "Transfer(address,address,uint256)", {
  from: abi.indexed(codec.address),
  to: abi.indexed(codec.address),
  value: codec.uint256,
});
const range = { from: 1, to: Number(process.env.BENCH_TO) };
const processor = new EvmBatchProcessor()
  .setRpcEndpoint({ url: process.env.BENCH_RPC, capacity: 10, maxBatchCallSize: 100 })
  .setFinalityConfirmation(10)
  .setFields({ block: { timestamp: true }, log: { address: true, topics: true, data: true, transactionHash: true } })
  .addLog({ address: [process.env.BENCH_TOKEN.toLowerCase()], topic0: [TOPIC], range })
  .setBlockRange(range);

processor.run(new TypeormDatabase({ supportHotBlocks: false, stateSchema: "sqd_state" }), async (context) => {
  const rows = [];
  for (const { header, logs } of context.blocks) {
    for (const log of logs) {
      const { from, to, value } = event.decode(log);
      rows.push(new Transfer({
        id: log.id, blockNumber: header.height, blockHash: header.hash, blockTime: BigInt(header.timestamp),
        transactionHash: log.transactionHash, logIndex: log.logIndex, sender: from, recipient: to, amount: value,
      }));
    }
  }
  await context.store.insert(rows);
});
