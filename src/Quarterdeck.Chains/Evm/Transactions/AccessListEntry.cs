using Quarterdeck.Primitives;

namespace Quarterdeck.Chains.Evm.Transactions;

/// <summary>A contract and slots of its storage that a transaction pays for beforehand. Source: EIP-2930.</summary>
public sealed record AccessListEntry(Address Contract, IReadOnlyList<Hash32> StorageKeys);
