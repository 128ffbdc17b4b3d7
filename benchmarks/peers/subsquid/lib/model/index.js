// The store looks for entities here. Plain JavaScript, so that nothing has to be compiled.
require("reflect-metadata");
const { Column, Entity, PrimaryColumn } = require("typeorm");

class Transfer {
  constructor(values) {
    Object.assign(this, values);
  }
}

const number = { from: (value) => value, to: (value) => value?.toString() };
const columns = {
  id: PrimaryColumn("text"),
  blockNumber: Column("int4"),
  blockHash: Column("text"),
  blockTime: Column("int8", { transformer: number }),
  transactionHash: Column("text"),
  logIndex: Column("int4"),
  sender: Column("text"),
  recipient: Column("text"),
  amount: Column("numeric", { transformer: number }),
};
for (const [name, decorate] of Object.entries(columns)) decorate(Transfer.prototype, name);
Entity("sqd_transfers")(Transfer);

exports.Transfer = Transfer;
